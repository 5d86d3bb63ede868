"""The label of a return, under the first RMA of its refund that the carrier has not made worthless.

An RMA is void at the carrier for good. Books that come from an older copy may not know that it was voided: then the
return gets another one, as a definite no gives a payout another key. Each is written down before it is asked for, so
that whoever stops the refund makes all of them worthless.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from db import claims, steps
from db.read_models import Refund
from domain.audit_actions import AuditAction
from domain.claims import rmas
from domain.lifecycle import RefundStatus
from domain.steps import Step
from gateways.ports import LABEL_VOID, MOST_PARCELS, Carrier, Declined, Label
from service import goods_return as kept
from service.steps import RefundRef, RefundTransaction, locked, undo

MOST_RMAS = 20
"""A carrier that calls all of these void is not asked for more: a person looks at it."""


class NoLabelNow(Exception):
    """Nothing is expected to come back, or not any more."""


class NoMoreLabels(Exception):
    """A return has as many parcels as it may have."""


@dataclass(frozen=True, slots=True)
class Issued:
    rma: str
    label: Label


class Labels:
    def __init__(self, engine: AsyncEngine, carrier: Carrier) -> None:
        self._engine = engine
        self._carrier = carrier

    async def issue(self, ref: RefundRef, refund: Refund, collect_within: timedelta | None) -> Issued | None:
        """Have the label made, always the same one; None where its parcel is on its way already and needs none.

        Raises Declined where the carrier makes none, AlreadyUndone where the return was called off.
        """
        number: int | None = refund.rmas
        while number is not None:
            rma = rma_of(ref, number)
            try:
                label = await self._carrier.issue_label(ref.merchant_id, ref.refund_id, rma, collect_within)
            except Declined as declined:
                if declined.code != LABEL_VOID or number == MOST_RMAS:
                    raise
                number = await self._number_after(ref, number)
            else:
                return Issued(rma, label)
        return None

    async def another(self, ref: RefundRef, collect_within: timedelta | None) -> None:
        """Have a label made for one more parcel of a return; who asks at the same time gets the same one.

        Raises NoLabelNow, NoMoreLabels, and Declined where the carrier makes none.
        """
        async with locked(self._engine, ref) as tx:
            rma, labels = _expected(tx)
        parcel = max((each["parcel"] for each in labels), default=1) + 1
        if parcel > MOST_PARCELS:
            raise NoMoreLabels
        label = await self._carrier.issue_label(ref.merchant_id, ref.refund_id, rma, collect_within, parcel)
        async with locked(self._engine, ref) as tx:
            if _expected(tx)[0] != rma:
                raise NoLabelNow(f"return {rma} is called off")
            if not any(each["parcel"] == parcel for each in kept.labels_of(tx.refund.goods_return)):
                tx.change(goods_return=kept.with_label(tx.refund.goods_return, label, parcel))
                sentence = f"a label for parcel {parcel} of return {rma}"
                said = {"rma": rma, "parcel": parcel, "tracking_number": label.tracking_number}
                await tx.note(AuditAction.LABEL_READY, sentence, said)

    async def _number_after(self, ref: RefundRef, number: int) -> int | None:
        """Write down which RMA is asked for in the place of a void one; None where none is needed."""
        key = ref.step(Step.ISSUE_RETURN)
        async with locked(self._engine, ref) as tx:
            if await steps.is_undone(tx.connection, ref.refund_id, key):
                raise steps.AlreadyUndone(f"{key} of {ref.refund_id}")
            if tx.refund.rmas > number:
                return tx.refund.rmas
            if await tx.is_done(Step.ISSUE_RETURN) and await _is_under_way(tx):
                return None
            tx.change(rmas=number + 1)
            rma = rma_of(ref, number)
            sentence = f"the label of return {rma} is void at the carrier: another one is asked for"
            await tx.note(AuditAction.LABEL_VOID, sentence, {"rma": rma})
        return number + 1

    async def void(self, ref: RefundRef) -> None:
        """Make all that were asked for worthless; one that was never made can't be made afterwards.

        The tombstone that stands then keeps an attempt away that would ask for another one.
        """
        voided, asked_for = 0, 1
        while voided < asked_for:
            for number in range(voided + 1, asked_for + 1):
                await self._carrier.void_label(ref.merchant_id, rma_of(ref, number))
            voided = asked_for
            async with undo(self._engine, ref, Step.ISSUE_RETURN) as tx:
                asked_for = tx.refund.rmas
                if asked_for == voided and await tx.mark_undone():
                    rma = rma_of(ref, voided)
                    await tx.note(AuditAction.LABEL_VOIDED, f"the label of return {rma} is void", {"rma": rma})


def rma_of(ref: RefundRef, number: int) -> str:
    """The number of a refund's return authorization."""
    return rmas.rma_of(ref.refund_id, number)


def _expected(tx: RefundTransaction) -> tuple[str, list[dict[str, Any]]]:
    """Tell under which RMA goods are expected, and which labels there are. Raises NoLabelNow."""
    rma = (tx.refund.goods_return or {}).get("rma")
    if not rma or RefundStatus(tx.refund.status) not in (RefundStatus.AWAITING_RETURN, RefundStatus.IN_TRANSIT):
        raise NoLabelNow(f"no parcel is expected now: the refund is {tx.refund.status}")
    return rma, kept.labels_of(tx.refund.goods_return)


async def _is_under_way(tx: RefundTransaction) -> bool:
    """Whether the goods were sent, or are here."""
    if (tx.refund.goods_return or {}).get("tracking_number"):
        return True
    rows = (await claims.rows_of(tx.connection, [tx.ref.refund_id]))[tx.ref.refund_id]
    return any(row.received for row in rows)
