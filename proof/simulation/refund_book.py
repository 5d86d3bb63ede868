"""The books of one refund: what a database would know of it, its payouts and its words, and nothing else."""

from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from activities.attention import AttentionNeeded
from activities.parcels import Inspection
from activities.recollection import Decided, Recollection
from domain.claims.claims import ClaimState
from domain.claims.lost_parcels import LostParcel
from domain.lifecycle import PaidBy, PayoutStatus, RefundStatus, refunds_before
from domain.rights.approvals import Approval
from domain.said import NO_RUN, REFUSED, Overruled, Word
from domain.steps import Step
from proof.simulation.figures import BONUS_BP, UNITS
from proof.simulation.refusals import AlreadyUndone, RunIsBehind
from proof.simulation.settled import Settled
from proof.simulation.systems import Errand
from proof.simulation.wares import GIFT, PART
from service.steps import Begun

BY_HAND = ("skip", "settle")
"""How people answer a call for help without the step being done by us."""


@dataclass(slots=True)
class BookedPayout:
    """What goes back to a payment: `amount` in its currency, `worth` in the order's."""

    payment_id: str
    key: str
    amount: int
    worth: int = 0
    noes: int = 0
    ended: list[str] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    status: PayoutStatus = PayoutStatus.PLANNED
    paid_by: PaidBy | None = None
    decline_code: str | None = None
    is_to_credit: bool = False
    is_to_bank: bool = False

    def copied(self) -> "BookedPayout":
        same = copy(self)
        same.ended, same.refused = list(self.ended), set(self.refused)
        return same


@dataclass(slots=True)
class WordRow:
    """A word that was noted, with what was said; a refusal is what the API told its caller, and no run knows of."""

    word: Word
    round: int
    body: Any
    is_taken_up: bool = False
    overruled: Overruled | None = None

    @property
    def is_refusal(self) -> bool:
        return self.word.run == REFUSED


@dataclass(slots=True)
class RefundBook:
    """One refund. `points`, `coupons` and `rewards` count what was done less what was undone.

    It asks for `quantity` of a line, and for a unit of another, `beside`: the gift, or the other part of a bundle. It
    was asked of the order's version `asked_of`, for the units it `had`, and has those it has `claimed` of `version`.
    `gift_is_broken`: whoever inspects the gift does not accept it. `off` is what the bank took of each line, of the
    refund that a loss counts as, and `lost_as` what that was settled at; `absorbed` what of such losses its own units
    make good of each line, and `more` what a refund pays of each that units had paid less for a loss that was won after
    all; `brings_shipping`: it brings back what such a loss had taken of the shipping as well.
    `is_after_all`: it is for what was paid although others had lessened it. It was settled as the version `settled_in`,
    when the coupon, or every exclusive discount, that the order had used was back already or not.
    """

    refund_id: str
    line_id: str = ""
    quantity: int = UNITS
    beside: str = ""
    claimed: tuple[int, ...] = ()
    had: tuple[int, ...] = ()
    version: int = 1
    asked_of: int = 1
    round: int = 1
    run: str = ""
    since: datetime | None = None
    begun: Begun | None = None
    status: RefundStatus = RefundStatus.IN_REVIEW
    claims: ClaimState = ClaimState.CLAIMED
    effects: dict[str, Any] = field(default_factory=dict)
    undone: set[str] = field(default_factory=set)
    decided: Decided | None = None
    approvals_needed: int = 1
    approvals: tuple[Approval, ...] = ()
    rma: int | None = None
    rmas: int = 1
    deliver_by: datetime | None = None
    has_shipped: bool = False
    events: set[str] = field(default_factory=set)
    is_cancelled_in_temporal: bool = False
    called_off: set[int] = field(default_factory=set)
    shipped: int = 0
    received: int = 0
    parcels: dict[str, tuple[tuple[str, int], ...]] = field(default_factory=dict)
    lost: tuple[LostParcel, ...] = ()
    inspection: Inspection | None = None
    payouts: dict[str, BookedPayout] = field(default_factory=dict)
    held: str | None = None
    points: int = 0
    rewards: int = 0
    grants: int = 0
    is_discount_back: bool = False
    attention: AttentionNeeded | None = None
    resolved: list[tuple[str, str]] = field(default_factory=list)
    said: list[Any] = field(default_factory=list)
    told: dict[tuple[int, str, str], str] = field(default_factory=dict)
    told_to: dict[str, Recollection] = field(default_factory=dict)
    moot: set[str] = field(default_factory=set)
    latest: dict[str, datetime] = field(default_factory=dict)
    words: dict[str, WordRow] = field(default_factory=dict)
    settled_for: tuple[tuple[str, int], ...] | None = None
    settled_in: int = 1
    gift_is_broken: bool = False
    beside_received: int = 0
    off: dict[str, int] = field(default_factory=dict)
    absorbed: dict[str, int] = field(default_factory=dict)
    more: dict[str, int] = field(default_factory=dict)
    brings_shipping: bool = False
    is_after_all: bool = False
    is_coupon_back: bool = False
    are_discounts_back: bool = False
    quoted: Settled | None = None
    settled: Settled | None = None
    lost_as: Settled | None = None
    bonus: int = 0
    errands: dict[str, Errand] = field(default_factory=dict)

    @property
    def bonus_due(self) -> int:
        """What is given on top of credit by choice (rule 54)."""
        return sum(each.worth for each in self.payouts.values() if each.is_to_credit) * BONUS_BP // 10_000

    @property
    def accepted(self) -> tuple[tuple[str, int], ...] | None:
        """What the inspection accepted of each line; None where there was none."""
        if self.inspection is None:
            return None
        return tuple((line.line_id, line.accepted) for line in self.inspection.lines)

    @property
    def by_hand(self) -> set[str]:
        """The steps that people settled: whether anything was done for them, the books don't say."""
        return {step for step, action in self.resolved if action in BY_HAND}

    @property
    def has_gift(self) -> bool:
        return self.beside == GIFT

    @property
    def is_loss(self) -> bool:
        """Whether it is what the bank took after a dispute: no unit comes back with it (rule 52)."""
        return bool(self.off) or self.lost_as is not None

    @property
    def is_of_the_house(self) -> bool:
        """Whether makewhole has asked for it by itself."""
        return bool(self.more) or self.brings_shipping or self.is_after_all

    @property
    def units(self) -> int:
        """How many units are refunded: those that were accepted, or all where nothing was inspected."""
        return self.quantity if self.settled_for is None else dict(self.settled_for).get(self.line_id, 0)

    @property
    def parts(self) -> int:
        """How many units of the other part of its bundle are refunded with it."""
        if self.beside != PART:
            return 0
        return 1 if self.settled_for is None else dict(self.settled_for).get(PART, 0)

    @property
    def lines(self) -> tuple[tuple[str, int], ...]:
        """What it asks for, units by line."""
        if not self.line_id:
            return ()
        own = (self.line_id, self.quantity)
        return (own, (self.beside, 1)) if self.beside else (own,)

    @property
    def received_lines(self) -> tuple[tuple[str, int], ...]:
        """What has arrived."""
        counted = (self.line_id, self.received), (self.beside, self.beside_received)
        return tuple(each for each in counted if each[1])

    @property
    def missing_lines(self) -> tuple[tuple[str, int], ...]:
        """What has not arrived yet."""
        received = dict(self.received_lines)
        missing = ((line_id, count - received.get(line_id, 0)) for line_id, count in self.lines)
        return tuple(each for each in missing if each[1])

    @property
    def is_under_way(self) -> bool:
        """Whether its goods were sent, or are here."""
        return self.has_shipped or bool(self.received_lines)

    @property
    def claims_gift(self) -> bool:
        """Whether the gift is nobody else's now: it is to come back with this refund."""
        if self.claims is ClaimState.RELEASED:
            return False
        return self.has_gift if self.settled is None else self.settled.beside_comes

    @property
    def has_paid_for_gift(self) -> bool:
        return self.settled is not None and self.settled.gift + self.settled.owed_for_gift > 0

    def copied(self) -> "RefundBook":
        """Copy it with all that changes in it."""
        same = copy(self)
        for name in _CHANGING:
            setattr(same, name, copy(getattr(self, name)))
        same.payouts = {payment_id: each.copied() for payment_id, each in self.payouts.items()}
        same.words = {word_id: copy(each) for word_id, each in self.words.items()}
        return same

    @property
    def is_half_closed(self) -> bool:
        """Whether it was opened again for a parcel that it does not take, and is told so, and not closed again."""
        return self.status.is_final and self.round > 1 and Step.CLOSE.in_round(self.round) not in self.effects

    def let_go(self) -> None:
        """Forget what it was settled at and was to pay."""
        self.claims, self.payouts, self.settled = ClaimState.RELEASED, {}, None

    def move(self, status: RefundStatus) -> None:
        """Come to a status that may follow the one that is; any other changes nothing."""
        if self.status in refunds_before(status):
            self.status = status
            self.attention = None if status.is_final else self.attention

    def first_time(self, step: str, result: Any = None) -> bool:
        """Claim a step: False for a repeat. Raises AlreadyUndone where its tombstone stands."""
        if step in self.undone:
            raise AlreadyUndone(step)
        if step in self.effects:
            return False
        self.effects[step] = result
        return True

    def first_time_in_run(self, step: str, message_id: str, result: Any = None) -> bool:
        """The same of what a run says: it counts if the run does, and is claimed if it does not."""
        is_of_run = message_id.startswith(self.run)
        return self.first_time(step, result if is_of_run else None) and is_of_run

    def notes(
        self, step: str, message_id: str, ref_round: int, word: Word | None, body: Any, answers: str = ""
    ) -> bool:
        """Note a word once, whichever run hears it; tell whether it is new, and of the run that counts.

        The answer to a call for help that stands is noted of any run. Raises RunIsBehind where it was refused.
        """
        if word is None:
            return self.first_time_in_run(f"{step}:{message_id}", message_id)
        if not (message_id.startswith(self.run) or answers in self.effects):
            return False
        if word.word_id in self.words:
            known = self.words[word.word_id]
            is_other = known.word.sha256 != word.sha256 or known.word.run == NO_RUN
            if known.overruled is not None or is_other:
                raise RunIsBehind(f"{word.word_id} was refused meanwhile, or something else was said under it")
            return False
        self.words[word.word_id] = WordRow(word, min(ref_round, self.round), body)
        return True

    def is_overtaken(self, kind: str, sent_at: datetime) -> bool:
        """Tell whether something of this kind that was said later stands already; else this is the latest."""
        if kind in self.latest and sent_at < self.latest[kind]:
            return True
        self.latest[kind] = sent_at
        return False

    def bury(self, step: str) -> bool:
        """Leave a tombstone; tell whether there is something to undo now."""
        if step in self.undone:
            return False
        self.undone.add(step)
        return self.effects.pop(step, _NOTHING) is not _NOTHING


_NOTHING = object()
_CHANGING = (
    *("effects", "undone", "events", "called_off", "parcels", "resolved", "said", "told", "told_to", "moot", "latest"),
    "settled",
)
