"""Goods on their way back: the return authorization and its label, the parcel, and the inspection."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.parcels import InspectedLine, Inspection, Loss, Receipt, ReturnShipment, inspection_of, received_of
from activities.refunds import kept_of, refuse_if_paid, refuse_if_released
from db import claims, policies, refunds, steps, words
from db.codec import to_json
from db.engine import snapshots
from db.read_models import ClaimRow, Refund
from domain.audit_actions import AuditAction
from domain.claims import stock
from domain.claims.lost_parcels import is_asked_about, without_the_lost
from domain.deadlines import format_deadline
from domain.durations import span
from domain.lifecycle import RefundStatus
from domain.rights.review import WaitsBecause, because_of_the_parcel
from domain.rights.suspensions import is_malicious
from domain.said import NOT_AVAILABLE, Overruled, Word, WordKind, said_by
from domain.sale.measures import Measure, as_said, in_words
from domain.steps import Step
from gateways.ports import Carrier, Declined
from service import goods_return as kept
from service.labels import Labels, rma_of
from service.refund_rights import Rights
from service.return_news import ReturnNews, pickup_news
from service.steps import RefundRef, RunIsBehind, Saying, StepTransaction, is_overtaken, saying, step

UNDER_WAY = (
    RefundStatus.AWAITING_RETURN,
    RefundStatus.IN_TRANSIT,
    RefundStatus.IN_REVIEW,
    RefundStatus.NEEDS_ATTENTION,
)
RECEIVABLE = (*UNDER_WAY, RefundStatus.INSPECTING)
"""Where a parcel's news belong: an attempt that is late must not take a refund back to where it was."""


def with_parcel(said: RefundStatus, standing: RefundStatus, reached: RefundStatus) -> RefundStatus:
    """Where a refund is with one more parcel: a reviewer who is asked about another one goes on being asked.

    What the reviewer decided may be in our books and unknown to the run, whose task was lost: then it is `reached`.
    """
    if said is not RefundStatus.IN_REVIEW:
        return said
    return standing if standing in (RefundStatus.IN_REVIEW, RefundStatus.NEEDS_ATTENTION) else reached


@dataclass(frozen=True, slots=True)
class IssueReturn:
    refund: RefundRef
    deliver_by: datetime


@dataclass(frozen=True, slots=True)
class VoidReturn:
    """The undo of `IssueReturn`."""

    refund: RefundRef


@dataclass(frozen=True, slots=True)
class RecordShipment:
    """`status` is where the refund stands with it: others of its parcels may be here already, or lost."""

    refund: RefundRef
    shipment: ReturnShipment
    message_id: str
    word: Word | None = None
    status: RefundStatus = RefundStatus.IN_TRANSIT


@dataclass(frozen=True, slots=True)
class RecordLoss:
    refund: RefundRef
    loss: Loss
    message_id: str
    word: Word | None = None


@dataclass(frozen=True, slots=True)
class RecordReceipt:
    """`status` is where the refund stands with the parcel here: in review it stays where it is (rule 31)."""

    refund: RefundRef
    receipt: Receipt
    message_id: str
    status: RefundStatus = RefundStatus.INSPECTING
    word: Word | None = None


@dataclass(frozen=True, slots=True)
class LateParcel:
    """What arrived after a return had expired, and why the refund does not take it: units by line.

    `words` said so, the first of them is the one that is answered.
    """

    refund: RefundRef
    received: tuple[tuple[str, int], ...]
    actor: str
    why: str
    message_id: str
    words: tuple[Word, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordInspection:
    """`sent_at` is the time of the task in which it is recorded."""

    refund: RefundRef
    inspection: Inspection
    message_id: str
    sent_at: datetime
    word: Word | None = None


class Returns:
    def __init__(self, engine: AsyncEngine, carrier: Carrier, rights: Rights, news: ReturnNews) -> None:
        self._engine = engine
        self._labels = Labels(engine, carrier)
        self._rights = rights
        self._news = news

    @activity.defn
    async def issue_return(self, command: IssueReturn) -> str:
        """Authorize the return and have a label made; returns the RMA.

        Where the label that people know is void at the carrier, another one takes its place.
        """
        ref = command.refund
        async with snapshots(self._engine).connect() as connection:
            await refuse_if_released(connection, ref)
            refund = await refunds.get(connection, ref.refund_id)
            policy = await policies.at_version(connection, ref.merchant_id, refund.policy_version)
        collect_within = span(policy.pickup_within) if refund.pickup else None
        try:
            issued = await self._labels.issue(ref, refund, collect_within)
        except Declined as declined:
            raise ApplicationError(str(declined), declined.code, type="LabelDeclined", non_retryable=True) from declined
        deliver_by = command.deliver_by.astimezone(ZoneInfo(policy.time_zone))
        async with step(self._engine, ref, Step.ISSUE_RETURN) as tx:
            standing: str = (tx.refund.goods_return or {}).get("rma") or rma_of(ref, tx.refund.rmas)
            if issued is None or (not tx.is_first and standing == issued.rma):
                return standing
            rma, label = issued.rma, issued.label
            shown = {**kept.parcels_of(tx.refund.goods_return), **kept.shown_of(rma, label, deliver_by)}
            tx.change(goods_return=shown, **({"status": RefundStatus.AWAITING_RETURN} if tx.is_first else {}))
            sentence = f"return {rma} authorized, to be sent by {format_deadline(deliver_by, policy.time_zone)}"
            await tx.note(AuditAction.LABEL_READY, sentence + pickup_news(collect_within, label.pickup_by), shown)
            if not tx.is_first:
                await self._news.another_label(tx, policy, rma, deliver_by)
            if label.pickup_by:
                await self._news.pickup(tx, policy, rma, label.pickup_by)
        return rma

    @activity.defn
    async def void_return(self, command: VoidReturn) -> None:
        """Make the label worthless, and all that were asked for before it."""
        await self._labels.void(command.refund)

    # No undo for what follows: a parcel that travelled has travelled.
    @activity.defn
    async def record_shipment(self, command: RecordShipment) -> None:
        shipment = command.shipment
        said = Saying(command.message_id, command.word, to_json(shipment))
        async with saying(self._engine, command.refund, Step.SHIPMENT, said) as tx:
            if not tx.is_first:
                return
            if tx.refund.status not in RECEIVABLE:
                await _leave_off(tx)
                return
            sent = with_parcel(command.status, tx.refund.status, RefundStatus.IN_TRANSIT)
            status = sent if tx.refund.status in UNDER_WAY else RefundStatus.INSPECTING
            tracking = {"carrier": shipment.carrier, "tracking_number": shipment.tracking_number}
            tx.change(goods_return=kept.with_parcel(tx.refund.goods_return, tracking), status=status)
            sentence = f"parcel {shipment.tracking_number} handed to {shipment.carrier}"
            await tx.note(AuditAction.SHIPPED, sentence, tracking, by=tx.said_by(shipment.actor))

    @activity.defn
    async def record_receipt(self, command: RecordReceipt) -> tuple[tuple[str, int], ...]:
        """Count what arrived; returns all that has arrived by now: units by line, as the rows say."""
        refund_id = command.refund.refund_id
        said = Saying(command.message_id, command.word, to_json(command.receipt))
        async with saying(self._engine, command.refund, Step.RECEIPT, said) as tx:
            rows = (await claims.rows_of(tx.connection, [refund_id]))[refund_id]
            is_awaited = _is_receivable(tx.refund) and _is_awaited(command.receipt, rows)
            if tx.is_first and is_awaited and not await _is_inspected(tx, rows):
                rows = await _count(tx, command, rows)
            elif tx.is_first:
                await _leave_off(tx)
            return received_of(rows)

    @activity.defn
    async def record_loss(self, command: RecordLoss) -> None:
        """Note that the parcel is lost; whatever was decided before, a reviewer decides now (rule 31)."""
        loss = command.loss
        said = Saying(command.message_id, command.word, to_json(loss))
        async with saying(self._engine, command.refund, Step.LOSS, said) as tx:
            if tx.is_late:
                return
            rows = (await claims.rows_of(tx.connection, [tx.ref.refund_id]))[tx.ref.refund_id]
            if not tx.is_first and loss.lines and await _is_all_lost(tx) and _is_receivable(tx.refund):
                raise RunIsBehind("that all of it is lost was noted in a task that was lost, and decided meanwhile")
            if not (_is_receivable(tx.refund) and await _may_be_lost(tx, loss, rows)):
                await _leave_off(tx)
                return
            claimed = await steps.claim_step(tx.connection, command.refund.refund_id, command.refund.step(Step.LOSS))
            if not (loss.lines or isinstance(claimed, steps.FirstTime)):
                return
            verdict = because_of_the_parcel(WaitsBecause.PARCEL_LOST)
            part = {"goods_return": kept.with_lost(tx.refund.goods_return, loss.lines)} if loss.lines else {}
            tx.change(status=RefundStatus.IN_REVIEW, review=None, **part, **kept_of(verdict))
            sentence = kept.loss_in_words(loss.lines, loss.note, tx.refund.measures)
            lost = _said(dict(loss.lines), tx)["received"]
            await tx.note(AuditAction.PARCEL_LOST, sentence, {"lost": lost} if lost else {}, by=tx.said_by(loss.actor))

    @activity.defn
    async def note_late_parcel(self, command: LateParcel) -> None:
        """A parcel is here that the refund can't take: note it, so that its goods are not forgotten."""
        received = dict(command.received)
        async with saying(self._engine, command.refund, Step.LATE_PARCEL, Saying(command.message_id)) as tx:
            if not tx.is_first:
                return
            overruled = Overruled(
                NOT_AVAILABLE, f"the parcel is noted, and nothing can be refunded for it now: {command.why}"
            )
            ref, by = tx.ref, command.actor
            for each in command.words:
                new = await words.take(tx.connection, ref.refund_id, ref.round, each, {}, overruled=overruled)
                is_from_temporal = each is command.words[0] and new is not None and not new.was_said_over_http
                by = said_by(by) if is_from_temporal else by
            units = kept.units_in_words(received, tx.refund.measures)
            what = f"arrived after the refund was over ({units})" if units else "was lost, and the refund was over"
            await tx.note(AuditAction.PARCEL_NOTED, f"a parcel {what}: {command.why}", _said(received, tx), by=by)

    @activity.defn
    async def record_inspection(self, command: RecordInspection) -> Inspection | None:
        """Note an inspection; return the one that stands in its place, where the refund is settled by that already.

        It was said in a task that was lost.
        """
        refund_id, inspection = command.refund.refund_id, command.inspection
        said = Saying(command.message_id, command.word, to_json(inspection))
        async with saying(self._engine, command.refund, Step.INSPECTION, said) as tx:
            if not tx.is_first:
                return None
            if await tx.is_done(Step.HOLD):
                standing = inspection_of((await claims.rows_of(tx.connection, [refund_id]))[refund_id])
                if standing is None or standing.agrees_with(inspection):
                    return None
                await tx.unclaim()
                return standing
            if await is_overtaken(tx.connection, refund_id, Step.INSPECTION, command.sent_at):
                await tx.unclaim()
                return None
            await tx.supersede(WordKind.INSPECTION)
            await _note_inspection(tx, inspection)
            if any(is_malicious(line.rejected, line.disposition) for line in inspection.lines):
                await self._rights.judge_inspection(tx.connection, refund_id)
        return None


def _is_receivable(refund: Refund) -> bool:
    """Whether a parcel's news change anything: what is settled waits for nothing, whatever people are asked about."""
    return refund.status in RECEIVABLE and refund.settled_at is None


async def _is_all_lost(tx: StepTransaction) -> bool:
    return await tx.is_done(Step.LOSS) and not kept.lost_of(tx.refund.goods_return)


async def _may_be_lost(tx: StepTransaction, loss: Loss, rows: Sequence[ClaimRow]) -> bool:
    """Whether what is said to be lost is still to come, and nobody is asked about another loss now."""
    lost = kept.lost_of(tx.refund.goods_return)
    if not loss.lines:
        return not received_of(rows) and not lost
    if await _is_all_lost(tx) or is_asked_about(lost) or await _is_inspected(tx, rows):
        return False
    expected = without_the_lost({row.line_id: row.requested - row.received for row in rows}, lost)
    return all(count <= expected.get(line_id, 0) for line_id, count in loss.lines)


async def _leave_off(tx: StepTransaction) -> None:
    """Nothing of a parcel is awaited: the attempt is late, or its run knows too little (AlreadyPaid, RunIsBehind)."""
    if tx.is_first:
        await refuse_if_paid(tx.connection, tx.ref)
        if not RefundStatus(tx.refund.status).is_final:
            raise RunIsBehind(f"nothing of that parcel is awaited: {tx.ref.refund_id} is {tx.refund.status}")
        await tx.unclaim()


async def _is_inspected(tx: StepTransaction, rows: Sequence[ClaimRow]) -> bool:
    """Whether an inspection was noted in this round: nothing comes after it."""
    if all(row.accepted is None for row in rows):
        return False
    return await words.latest(tx.connection, tx.ref.refund_id, tx.refund.round, WordKind.INSPECTION) is not None


def _is_awaited(receipt: Receipt, rows: Sequence[ClaimRow]) -> bool:
    """Whether anything of it has not arrived before."""
    missing = {row.line_id: row.requested - row.received for row in rows}
    return any(missing.get(line_id, 0) > 0 for line_id, _ in receipt.received)


async def _count(tx: StepTransaction, command: RecordReceipt, rows: Sequence[ClaimRow]) -> list[ClaimRow]:
    """Count the parcel, and return the claims as they are now; more than was asked for is not counted."""
    received = dict(command.receipt.received)
    await claims.note_received(tx.connection, tx.ref.refund_id, received)
    status = with_parcel(command.status, tx.refund.status, RefundStatus.INSPECTING)
    if status is not tx.refund.status:
        tx.move(status)
    sentence = f"parcel received: {kept.units_in_words(received, tx.refund.measures)}"
    await tx.note(AuditAction.PARCEL_RECEIVED, sentence, _said(received, tx), by=tx.said_by(command.receipt.actor))
    return [_counted(row, received.get(row.line_id, 0)) for row in rows]


def _counted(row: ClaimRow, arrived: int) -> ClaimRow:
    return replace(row, received=min(row.received + arrived, row.requested))


async def _note_inspection(tx: StepTransaction, inspection: Inspection) -> None:
    found = [
        claims.Inspected(line.line_id, line.accepted, line.rejected, line.lesser, line.disposition, line.stock)
        for line in inspection.lines
    ]
    await claims.note_inspected(tx.connection, tx.ref.refund_id, found)
    measures = tx.refund.measures
    sentence = "; ".join(_found(line, measures.get(line.line_id)) for line in inspection.lines)
    detail = {line.line_id: _detail(line, measures.get(line.line_id)) for line in inspection.lines}
    await tx.note(AuditAction.INSPECTED, sentence, detail, by=tx.said_by(inspection.actor))


def _said(received: Mapping[str, int], tx: StepTransaction) -> dict[str, Any]:
    """What arrived, in the types in which the order said how much was sold (rule 48)."""
    measures = tx.refund.measures
    return {"received": {line_id: as_said(count, measures.get(line_id)) for line_id, count in received.items()}}


def _detail(line: InspectedLine, measure: Measure | None) -> list[Any]:
    detail = [as_said(line.accepted, measure), as_said(line.rejected, measure), line.disposition]
    put = [[as_said(each.count, measure), each.disposition, each.location] for each in line.stock]
    return [*detail, put] if put else detail


def _found(line: InspectedLine, measure: Measure | None) -> str:
    accepted, rejected = in_words(line.accepted, measure), in_words(line.rejected, measure)
    found = f"{line.line_id}: {accepted} accepted, {rejected} rejected"
    put = ", ".join(stock.in_words(in_words(each.count, measure), each) for each in line.stock)
    return found + (f", {put}" if put else "") + (f" ({line.note})" if line.note else "")
