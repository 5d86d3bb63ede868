"""A parcel that arrives after its refund was paid is noted, and operations are told what it means (rule 31)."""

from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncConnection

from activities.parcels import Receipt
from api import problems
from db import claims, journal, messages, refunds, words
from db.codec import to_json
from db.read_models import Refund
from domain.claims.after_the_end import Awaited, arrived_after_the_end, still_awaited
from domain.claims.receipts import more_than_expected
from domain.lifecycle import RefundStatus
from domain.said import Word
from domain.sale.measures import as_said


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
    await journal.record(connection, refund.refund_id, journal.Note("parcel_noted", sentence, receipt.actor, detail))
    subject = f"after the end {word.word_id}"
    await messages.put_for_operations(connection, refund.merchant_id, refund.refund_id, subject, sentence)
