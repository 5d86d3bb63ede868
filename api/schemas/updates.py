"""What people say to a refund."""

from decimal import Decimal
from typing import Annotated, Self

from pydantic import Field, model_validator

from api.schemas.common import Checked, Id, Name, Reference, Text, Wire
from api.schemas.evidence import PIECES, Piece
from api.schemas.faults import FieldFault
from api.schemas.quantities import Quantity, QuantityOrNone
from api.schemas.sizes import MOST_LINES
from domain.claims.stock import StockDisposition
from domain.explain.endings import EvidenceWanted, RejectionReason
from domain.rights.review import Decision, what_does_not_fit
from domain.settlement.fees import is_lesser_condition
from workflows.contract import Resolution

MOST_PLACES = 100


class ReviewBody(Wire):
    """A reviewer's decision."""

    decision: Decision = Field(description="`approve`, `reject`, or `request_evidence` from the customer.")
    note: Text = Field(
        default="",
        description=(
            "Why, in the house's own words; it is in the audit trail. A customer is told it only where evidence is "
            "requested and it is written in their language."
        ),
    )
    reason_code: RejectionReason | None = Field(
        default=None,
        description="Why it is rejected: the customer reads the sentence for it in their language. "
        "Left out: a general one.",
    )
    evidence_wanted: list[EvidenceWanted] = Field(
        default_factory=list,
        max_length=len(EvidenceWanted),
        description="With `request_evidence`, what is asked for: the customer reads it in their language.",
    )

    ADDED_LATER = frozenset({"reason_code", "evidence_wanted"})

    @model_validator(mode="after")
    def _codes_belong_to_the_decision(self) -> Self:
        if wrong := what_does_not_fit(self.decision, self.reason_code, self.evidence_wanted):
            about = next(name for name in ("reason_code", "evidence_wanted") if name in wrong)
            raise FieldFault(wrong, about)
        return self


class ShipmentBody(Wire):
    """A parcel on its way back."""

    carrier: Name = Field(description="Who carries it.")
    tracking_number: Name = Field(description="The carrier's number of the parcel.")


class ReceiptLineBody(Wire):
    """Units of a line that arrived."""

    line_id: Id = Field(description="The line of the order.")
    quantity: Quantity = Field(
        description="How many units arrived; of a line with a `unit` how much of it, also as a decimal in text."
    )


class LostLineBody(Wire):
    """Units of a line that are lost."""

    line_id: Id = Field(description="The line of the order.")
    quantity: Quantity = Field(description="How many units are lost.")


class LossBody(Wire):
    """A parcel that is lost on its way back."""

    ADDED_LATER = frozenset({"lines"})

    note: Text = Field(default="", description="Who says so, for example the carrier's answer; the reviewer reads it.")
    lines: Annotated[list[LostLineBody], Checked] = Field(
        default_factory=list,
        max_length=MOST_LINES,
        description="What was in it, where others of the refund's units came, or are to come, in other parcels: a "
        "reviewer decides whether these are paid (`approve`) or not (`reject`), and the others are inspected as usual. "
        "Left out: everything that is still expected is lost.",
    )


class ReceiptBody(Wire):
    """What arrived at the warehouse."""

    lines: Annotated[list[ReceiptLineBody], Checked] = Field(
        default_factory=list,
        max_length=MOST_LINES,
        description="What arrived, line by line, at most 5,000. Left out: all that is expected.",
    )


class StockPutBody(Wire):
    """What becomes of some accepted units, and where they are put."""

    quantity: Quantity = Field(description="How many of the accepted units.")
    disposition: StockDisposition = Field(
        description="`restock`: they are sold as new again. `damaged`: they are kept, and not sold as new. `discard`: "
        "they are gone."
    )
    location: Reference | None = Field(default=None, description="Where they are put, in the warehouse's word.")


class InspectionLineBody(Wire):
    """What the inspection says of one line. Every received unit is accepted or rejected."""

    ADDED_LATER = frozenset({"stock"})

    line_id: Id = Field(description="The line of the order.")
    accepted: QuantityOrNone = Field(default=0, description="How many units are accepted; they are paid back.")
    rejected: QuantityOrNone = Field(default=0, description="How many units are rejected; they are not paid back.")
    disposition: Annotated[Text, Field(max_length=64)] | None = Field(
        default=None,
        description=(
            "What becomes of the units, in the warehouse's word, for example `restock`, `damaged` or `counterfeit`."
        ),
    )
    lesser: QuantityOrNone | None = Field(
        default=None,
        description=(
            "How many accepted units are in a lesser condition (rule 9). Left out: those that `stock` does not "
            "restock, or without it all of them if `disposition` says so."
        ),
    )
    stock: list[StockPutBody] = Field(
        default_factory=list,
        max_length=MOST_PLACES,
        description="What becomes of the accepted units, and where they are put: together they are all of `accepted`. "
        "A system of yours in which stock lives is told it. Left out: those in a lesser condition are `damaged`, or "
        "`discard` where `disposition` says so, all others `restock`.",
    )
    note: Text = Field(default="", description="What was found.")

    @model_validator(mode="after")
    def _lesser_are_accepted(self) -> Self:
        if self.lesser is not None and Decimal(self.lesser) > Decimal(self.accepted):
            raise FieldFault("lesser counts accepted units: it can't exceed accepted", "lesser")
        put = sum(Decimal(each.quantity) for each in self.stock)
        if self.stock and put != Decimal(self.accepted):
            raise FieldFault(f"stock says of {put} units what becomes of them, of {self.accepted} accepted", "stock")
        return self

    @property
    def lesser_units(self) -> int | str:
        if self.lesser is not None:
            return self.lesser
        return self.accepted if is_lesser_condition(self.disposition) else 0


class InspectionBody(Wire):
    """The result of the inspection."""

    lines: Annotated[list[InspectionLineBody], Checked] = Field(
        default_factory=list,
        max_length=MOST_LINES,
        description="The result, line by line, at most 5,000. Left out: all that was received is accepted.",
    )


class CancelBody(Wire):
    """Why the refund is called off."""

    note: Text = Field(default="", description="Why, in a sentence.")


class EvidenceBody(Wire):
    """More evidence for the reviewer."""

    evidence: list[Piece] = Field(
        min_length=1,
        max_length=20,
        description=f"From 1 to 20: {PIECES}.",
    )
    note: Text = Field(default="", description="What they show.")


class ResolutionBody(Wire):
    """What operations decided for a refund that needs attention."""

    step: Name = Field(description="The step that `needs_attention` names.")
    ADDED_LATER = frozenset({"reference", "payment_id"})

    action: Resolution = Field(
        description="`retry`: the cause is mended. `settle`: it was done by hand. `skip`: it need not be done. "
        "`failed`: money that you were to transfer to a bank account did not arrive, or the bank sent back what you "
        "had paid, also after the refund was complete."
    )
    note: Text = Field(default="", description="What was done and why; it is in the audit trail.")
    reference: Reference = Field(
        default="",
        description="With `settle`, what the bank calls the transfer: it becomes `gateway_ref` of the payout. Of a "
        "share that stopped with `unknown_refund`, which of the provider's refunds it is: that one is known from then "
        "on, and stops nothing any more.",
    )
    payment_id: Id | None = Field(
        default=None,
        description="The payment whose share it is about. It may be left out, but where the bank sent back one of "
        "several shares that you had paid of a refund that is complete.",
    )

    @model_validator(mode="after")
    def _only_what_was_done_has_a_reference(self) -> Self:
        if self.reference and self.action is not Resolution.DONE_BY_HAND:
            raise FieldFault("it is of a transfer that was made: say it with settle", "reference")
        return self
