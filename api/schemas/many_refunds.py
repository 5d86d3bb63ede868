"""Bulks of refunds: what one comes to, line by line, and how it is confirmed and stopped."""

from typing import Annotated, Self

from pydantic import Field

from api.schemas.common import Checked, Currency, Flag, Minor, Time, Wire
from api.schemas.problems import FieldProblem
from db.bulk_lines import StoredLine
from db.bulks import Bulk
from domain.claims.reasons import RefundKind
from domain.lifecycle import RefundStatus
from domain.settlement.bulk import BulkStatus, BulkTotal, LinePreview, LineStatus, PartOfTotal


class BulkUpload(Wire):
    """What tells one body from another under an Idempotency-Key."""

    sha256: str


class ConfirmedTotal(Wire):
    """What the lines of one currency come to, as whoever confirms it has read it."""

    currency: Currency = Field(description="The ISO 4217 currency.", examples=["CNY"])
    amount: Minor = Field(description="The total of the preview in it, in minor units.")


class BulkConfirmation(Wire):
    """A confirmation: it repeats what the preview comes to, so that nobody confirms what they have not read."""

    totals: Annotated[list[ConfirmedTotal], Checked] = Field(
        max_length=200, description="The preview's total in each currency, every one of them."
    )
    confirm_duplicate: Flag = Field(
        default=False,
        description="Whether it is meant once more, where the same file was confirmed before (`same_as`).",
    )


class BulkStop(Wire):
    """Stopping a bulk: nothing new begins, what has begun goes on."""


class TenderTotal(Wire):
    """What goes back by one tender."""

    tender: str = Field(
        description="How it was paid, as in a payment's `method`; `store_credit` or `bank_transfer` by choice."
    )
    lines: int = Field(description="How many shares go there.")
    amount: int = Field(description="What they come to, in minor units of the total's currency.")

    @classmethod
    def of(cls, part: PartOfTotal) -> Self:
        return cls(tender=part.name, lines=part.lines, amount=part.amount)


class ReasonTotal(Wire):
    """What goes back for one reason."""

    reason: str = Field(description="The reason, as the lines give it.")
    lines: int = Field(description="How many lines give it.")
    amount: int = Field(description="What they come to, in minor units.")

    @classmethod
    def of(cls, part: PartOfTotal) -> Self:
        return cls(reason=part.name, lines=part.lines, amount=part.amount)


class BulkTotalAnswer(Wire):
    """What the lines of one currency come to that can be refunded."""

    currency: str = Field(description="The ISO 4217 currency.")
    lines: int = Field(description="How many lines.")
    amount: int = Field(description="What they come to, in minor units: what the confirmation repeats.")
    tenders: list[TenderTotal] = Field(description="The same by tender.")
    reasons: list[ReasonTotal] = Field(description="The same by reason.")

    @classmethod
    def of(cls, total: BulkTotal) -> Self:
        return cls(
            currency=total.currency,
            lines=total.lines,
            amount=total.amount,
            tenders=[TenderTotal.of(each) for each in total.tenders],
            reasons=[ReasonTotal.of(each) for each in total.reasons],
        )


class PreviewedShare(Wire):
    """What one payment gets back."""

    payment_id: str = Field(description="The payment of the order.")
    tender: str = Field(description="How it goes back.")
    amount: int = Field(description="How much, in minor units of the order's currency.")


class BulkLinePreview(Wire):
    """What a line comes to."""

    currency: str = Field(description="The order's currency.")
    total: int = Field(description="What goes back, in minor units.")
    reason: str = Field(description="Why, as the line says.")
    kind: RefundKind = Field(description="`return`: goods come back first. `refund_only`: none do.")
    payouts: list[PreviewedShare] = Field(description="To which payments it goes.")

    @classmethod
    def of(cls, preview: LinePreview) -> Self:
        return cls(
            currency=preview.currency,
            total=preview.total,
            reason=preview.reason,
            kind=preview.kind,
            payouts=[
                PreviewedShare(payment_id=each.payment_id, tender=each.method, amount=each.amount)
                for each in preview.shares
            ],
        )


class BulkLineAnswer(Wire):
    """One line, and what has become of it."""

    line: int = Field(description="Its number in the file, from 1; empty lines count.")
    status: LineStatus = Field(
        description="`waiting`: to be previewed. `ready`: it can be refunded. `refused`: it can't, see `code`. "
        "`begun`: its refund is `refund_id`. `changed`: it no longer comes to what its preview said, and was skipped. "
        "`failed`: something went wrong here. `stopped`: the bulk was stopped before it began."
    )
    order_id: str | None = Field(description="The order it is about; null where the line names none.")
    refund_id: str | None = Field(description="Its refund; null where none has begun.")
    code: str | None = Field(description="Why it is no refund, by a code of a refund request, or `changed`.")
    detail: str | None = Field(description="The same in a sentence.")
    errors: list[FieldProblem] = Field(description="Which fields of the line are wrong.")
    preview: BulkLinePreview | None = Field(description="What it came to when it was previewed.")

    @classmethod
    def of(cls, stored: StoredLine) -> Self:
        it = stored.outcome
        return cls(
            line=it.line,
            status=it.status,
            order_id=stored.order_id,
            refund_id=it.refund_id,
            code=it.code,
            detail=it.detail,
            errors=[FieldProblem(pointer=each.pointer, detail=each.detail) for each in it.errors],
            preview=None if it.preview is None else BulkLinePreview.of(it.preview),
        )


class BulkSummary(Wire):
    """A bulk of refunds, and how far it has come."""

    bulk_id: str = Field(description="Its id.")
    status: BulkStatus = Field(
        description="`previewing`, then `awaiting_confirmation`, then `grace`: confirmed, and nothing has begun. "
        "`running`: lines begin, one after the other. `completed`: every line has begun or says why not; the refunds "
        "go on by themselves. `stopped`: nothing more begins."
    )
    asked_by: str = Field(description="Who sent it.")
    line_count: int = Field(description="How many lines it has.")
    same_as: str | None = Field(description="An earlier bulk of the same file that was confirmed; null: there is none.")
    totals: list[BulkTotalAnswer] | None = Field(
        description="What it comes to in each currency, by the preview; null until every line is previewed."
    )
    created_at: Time = Field(description="When it was sent.")
    previewed_at: Time | None = Field(description="When its preview was complete.")
    confirmed_by: str | None = Field(description="Who confirmed it.")
    confirmed_at: Time | None = Field(description="When it was confirmed.")
    begins_at: Time | None = Field(description="When its grace ends, by the policy's `bulk_grace`.")
    stopped_by: str | None = Field(description="Who stopped it.")
    stopped_at: Time | None = Field(description="When it was stopped.")
    completed_at: Time | None = Field(description="When the last line had begun.")
    trouble: str | None = Field(description="Why it stands still, though it is tried on; null where it does not.")

    @classmethod
    def of(cls, bulk: Bulk) -> Self:
        totals = None if bulk.totals is None else [BulkTotalAnswer.of(each) for each in bulk.totals]
        return cls.model_validate({**_columns(bulk), "totals": totals})


class BulkAnswer(BulkSummary):
    """A bulk with its progress and its lines."""

    counts: dict[LineStatus, int] = Field(description="How many lines stand where.")
    refunds: dict[RefundStatus, int] = Field(description="Where the refunds stand that have begun.")
    lines: list[BulkLineAnswer] = Field(description="The lines of this page, in their order.")
    next_lines: str | None = Field(description="The cursor of the next page of lines; null on the last one.")


class BulkList(Wire):
    """Bulks of refunds, the newest first."""

    items: list[BulkSummary] = Field(description="At most 200 of them.")


def _columns(bulk: Bulk) -> dict[str, object]:
    return {name: getattr(bulk, name) for name in BulkSummary.model_fields}
