"""What is said of a refund that is complete: a parcel arrives, or what people paid comes back (rules 31 and 35).

A parcel is noted, and operations are told what it means; money that came back opens the refund again.
"""

from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncConnection

from activities.late_failures import PAYOUT_REVERSED, take_back
from activities.parcels import Receipt
from api import problems
from db import claims, journal, messages, payouts, refunds, words
from db.codec import to_json
from db.read_models import Payout, Refund
from domain.audit_actions import AuditAction
from domain.claims.after_the_end import Awaited, arrived_after_the_end, still_awaited
from domain.claims.receipts import more_than_expected
from domain.lifecycle import PaidBy, PayoutStatus, RefundStatus
from domain.said import Word
from domain.sale.measures import as_said
from workflows.contract import ResolveInput


async def note_receipt(connection: AsyncConnection, known: Refund, receipt: Receipt, word: Word) -> None:
    """Count what arrived of a refund that is complete; no money moves, and nothing is opened again.

    No units means all that never came. Raises Problem (`conflicting_state`, `quantity_not_available`).
    """
    refund = await refunds.get(connection, known.refund_id, lock=True)
    rows = (await claims.rows_of(connection, [refund.refund_id]))[refund.refund_id]
    measures = refund.measures
    awaited = [
        Awaited(row.line_id, row.requested, row.received, row.unit_count, measures.get(row.line_id))
        for row in rows
        if row.requested
    ]
    missing = still_awaited(awaited)
    if refund.status != RefundStatus.COMPLETED or not refund.goods_come_back or not missing:
        raise problems.conflicting_state(f"refund {refund.refund_id} is {refund.status}")
    received = dict(receipt.received) or missing
    if too_much := more_than_expected(received.items(), missing, measures):
        raise problems.quantity_not_available(too_much)
    said = replace(receipt, received=tuple(received.items()))
    if not await words.take(connection, refund.refund_id, refund.round, word, to_json(said)):
        return
    await claims.note_received(connection, refund.refund_id, received)
    came = arrived_after_the_end(awaited, received)
    sentence = f"a parcel arrived after the refund was complete: {'; '.join(map(str, came))}"
    detail = {
        name: {each.line_id: as_said(getattr(each, name), each.measure) for each in came} for name in ("paid", "unpaid")
    }
    note = journal.Note(AuditAction.PARCEL_NOTED, sentence, receipt.actor, detail)
    await journal.record(connection, refund.refund_id, note)
    subject = f"after the end {word.word_id}"
    await messages.put_for_operations(connection, refund.merchant_id, refund.refund_id, subject, sentence)


async def note_sent_back(connection: AsyncConnection, known: Refund, said: ResolveInput, word: Word) -> None:
    """Unbook what people had paid by hand and the bank has sent back; a run of the refund sees to it from here on.

    No provider knows of it, so what people say decides (rule 35). Raises Problem (`conflicting_state`).
    """
    refund = await refunds.get(connection, known.refund_id, lock=True)
    if refund.status != RefundStatus.COMPLETED:
        raise problems.conflicting_state(f"refund {refund.refund_id} is {refund.status}")
    payout = await _sent_back(connection, refund, said)
    if not await words.take(connection, refund.refund_id, refund.round, word, to_json(said)):
        return
    sentence = f"the bank sent the payout to {payout.payment_id} back" + (f": {said.note}" if said.note else "")
    note = journal.Note(AuditAction.PAYOUT_FAILED, sentence, said.by, {})
    await take_back(connection, refund, payout, PAYOUT_REVERSED, note)


async def _sent_back(connection: AsyncConnection, refund: Refund, said: ResolveInput) -> Payout:
    """Find the share that it is about: the one that is named, else the only one that people have paid."""
    rows = (await payouts.rows_of(connection, [refund.refund_id]))[refund.refund_id]
    by_hand = [row for row in rows if row.paid_by is PaidBy.HAND and row.status == PayoutStatus.SUCCEEDED]
    named = [row for row in by_hand if said.payment_id in ("", row.payment_id)]
    if len(named) == 1:
        return named[0]
    if not by_hand:
        raise problems.conflicting_state(f"refund {refund.refund_id} is {refund.status}, and nobody paid it by hand")
    which = ", ".join(repr(row.payment_id) for row in by_hand)
    raise problems.conflicting_state(f"payment_id says which share the bank sent back; people have paid {which}")
