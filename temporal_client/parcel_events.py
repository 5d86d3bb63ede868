"""What carriers say of parcels, by webhook or asked, brought to the refund whose goods are in them.

It is written down as it comes, whatever order that is in. Then the refund is told what it does not know: that a parcel
is on its way, or is lost. That it was delivered says neither what was in it nor in which condition: the warehouse does.
"""

import asyncio
import logging
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client, WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from activities.parcels import Loss, ReturnShipment
from db import keyed_words, refunds, return_labels
from db.engine import snapshots
from db.read_models import Refund
from db.return_labels import StoredLabel
from domain.audit_actions import AuditAction
from domain.lifecycle import RefundStatus
from domain.payout.keys import joined
from domain.said import NO_RUN, Word, WordKind, fingerprint, word_id
from gateways.ports import ParcelNews, ParcelState
from service import goods_return as kept
from service.steps import RefundRef, locked
from workflows.contract import ENDED, NOT_YET, OVERTAKEN, workflow_id

log = logging.getLogger(__name__)

_PATIENCE_S = 10.0
_TELL_AGAIN_AFTER = timedelta(minutes=1)


async def note_parcel_news(
    client: Client, engine: AsyncEngine, news: ParcelNews, carrier_id: str, of_merchant: str | None
) -> bool:
    """Write down how far a parcel has come and tell its refund, any number of times and in any order.

    False where the number is on no label that this carrier made, for this merchant if one is named.
    """
    async with snapshots(engine).connect() as connection:
        label = await return_labels.by_number(connection, carrier_id, news.tracking_number, of_merchant)
        if label is None:
            return False
        refund = await refunds.get(connection, label.refund_id)
    async with locked(engine, RefundRef(refund.refund_id, refund.merchant_id, refund.round)) as tx:
        if await return_labels.note_news(tx.connection, label, news.state, news.at, tell_by=_TELL_AGAIN_AFTER):
            tx.change(goods_return=kept.with_tracking(tx.refund.goods_return, news))
            said = {"tracking_number": news.tracking_number, "state": str(news.state), "at": news.at.isoformat()}
            sentence = f"parcel {news.tracking_number} is {_IN_WORDS[news.state]}, says {label.carrier}"
            await tx.note(AuditAction.PARCEL_TRACKED, sentence, said, by=label.carrier)
    await tell_refund(client, engine, label)
    return True


_IN_WORDS = {ParcelState.IN_TRANSIT: "on its way", ParcelState.DELIVERED: "delivered", ParcelState.LOST: "lost"}


async def tell_refund(client: Client, engine: AsyncEngine, label: StoredLabel) -> None:
    """Tell a refund what is known of one of its parcels and it was not told; what does not get through comes again."""
    async with snapshots(engine).connect() as connection:
        now = await return_labels.find(connection, label.merchant_id, label.rma, label.parcel)
        refund = await refunds.get(connection, label.refund_id)
    if now is None or now.is_void or now.tracked is None or now.told_at is not None:
        return
    said = _said_of(refund, now)
    if said is None or await _is_told(client, engine, refund.refund_id, now, said):
        async with engine.begin() as connection:
            await return_labels.note_told(connection, now)


def _said_of(refund: Refund, label: StoredLabel) -> ReturnShipment | Loss | None:
    """What a refund is to be told; None where it waits for no goods, or knows it."""
    if RefundStatus(refund.status).is_final or refund.settled_at is not None:
        return None
    if label.tracked == ParcelState.LOST:
        is_one_of_several = len(kept.labels_of(refund.goods_return)) > 1
        return None if is_one_of_several else Loss(f"{label.carrier} says so of {label.tracking_number}", label.carrier)
    sent = (refund.goods_return or {}).get("parcels", [])
    if any(each["tracking_number"] == label.tracking_number for each in sent):
        return None
    return ReturnShipment(label.carrier, label.tracking_number, label.carrier)


async def _is_told(
    client: Client, engine: AsyncEngine, refund_id: str, label: StoredLabel, said: ReturnShipment | Loss
) -> bool:
    """Say it as people do; what the refund has no use for is told as well."""
    kind = WordKind.LOSS if isinstance(said, Loss) else WordKind.SHIPMENT
    named = word_id(kind, joined("parcel", label.carrier_id, label.tracking_number))
    async with engine.begin() as connection:
        word = Word(named, kind, fingerprint(said), NO_RUN, 0)
        await keyed_words.note(connection, refund_id, word, joined("carrier", label.carrier_id))
    try:
        async with asyncio.timeout(_PATIENCE_S):
            await client.get_workflow_handle(workflow_id(refund_id)).execute_update(str(kind), said, id=named)
    except WorkflowUpdateFailedError as failed:
        cause = failed.cause
        is_no = isinstance(cause, ApplicationError) and cause.type not in (NOT_YET, OVERTAKEN, ENDED)
        if is_no:
            log.info("refund %s has no use for %s of parcel %s: %s", refund_id, kind, label.tracking_number, cause)
        return is_no
    except (TimeoutError, WorkflowUpdateRPCTimeoutOrCancelledError):
        return False
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return False
    return True
