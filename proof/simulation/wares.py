"""What the order of a schedule is made of beside plain units, and what each of its lines cost, in whole numbers.

It says of one order what `domain/sale` says of any, in fewer words of its own.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache

from domain.claims.reasons import Reason
from domain.money.amounts import split
from proof.simulation.choices import Choices
from proof.simulation.parcels import Came, Parcel, Sent, parcels_of
from proof.simulation.payments import Paid, Payments, payments_of

SHARE = 100
"""What each refund of all its units pays to each payment."""

COUPON_OFF, POINTS_SPENT, POINTS_EARNED = 40, 40, 80
"""What the order's coupon and points took off each line, and the points that each line earned."""

DISCOUNT_OFF = 40
"""What an exclusive discount took off each line of a rich order."""

LINES = {"A": "l1", "B": "l2"}
"""The line that each refund is of, where they have lines of their own."""

PART, PART_PRICE = "l4", 45
"""The other part of the bundle that the first refund is of, one unit, and what it cost."""

GIFT = "l3"
"""The line of the gift that came with a rich order, one unit."""

EXTRA, EXTRA_PRICE = "x1", 31
"""A line that is no unit, and what it cost."""

ROUNDED, ROUNDED_BY = "n1", 7
"""A line below zero, and what a till took off with it."""

BUNDLE = "b1"

SECOND, IN_ITS_PLACE = "l2", "l8"
"""A line that is exchanged or removed, and what is sold in its place."""


class SoldAs(StrEnum):
    """How much of a line was sold, and how that is counted."""

    UNITS = "units"
    THREE = "three for one price"
    MEASURED = "0.4 kg"

    @property
    def quantity(self) -> int:
        return {SoldAs.UNITS: 2, SoldAs.THREE: 3, SoldAs.MEASURED: 400}[self]


class Extra(StrEnum):
    """What a line is that is no unit; the words are those of orders."""

    NOTHING = ""
    FEE = "fee"
    TIP = "tip"
    DEPOSIT = "deposit"
    GIFT_WRAP = "gift_wrap"


class Parts(StrEnum):
    """How the parts of a bundle come back."""

    NO_BUNDLE = ""
    ALONE = "alone"
    TOGETHER = "together"


class Edit(StrEnum):
    """How an order is sold differently while its refunds are under way."""

    NEVER = ""
    ADDED = "a line is added"
    MORE = "more of its first line is sold"
    EXCHANGED = "its second line is exchanged"
    REMOVED = "its second line is removed"
    PAID = "what was not paid yet is paid after all"


@dataclass(frozen=True, slots=True)
class OrderKind:
    """How an order is unlike two units of each line.

    `is_shared`: two refunds are parts of one line. `is_rounded`: a till wrote a line below zero. `is_for_no_fault`: the
    customers changed their minds. Of a bundle the first refund brings both parts back. `of_parcel`: only what is in
    this parcel can be asked for. `is_foreign`: the first payment was in euros.
    """

    sold_as: SoldAs = SoldAs.UNITS
    extra: Extra = Extra.NOTHING
    parts: Parts = Parts.NO_BUNDLE
    is_shared: bool = False
    is_rounded: bool = False
    is_for_no_fault: bool = False
    sent: Sent = Sent.AT_ONCE
    came: Came = Came.IN_TIME
    of_parcel: int | None = None
    paid: Paid = Paid.IN_FULL
    is_foreign: bool = False
    edit: Edit = Edit.NEVER

    @property
    def more(self) -> int:
        """How much more of the first line is sold, where it is."""
        return 100 if self.sold_as is SoldAs.MEASURED else 1

    @property
    def may_be_lost(self) -> bool:
        """Whether the bank may take what was paid: all of it was, and no interest beside."""
        return self.paid in (Paid.IN_FULL, Paid.TOO_MUCH) and self.edit is not Edit.PAID

    @property
    def comes_alone(self) -> bool:
        """Whether a part of its bundle may come back without the other."""
        return self.parts is not Parts.TOGETHER or not self.is_for_no_fault

    @property
    def reason(self) -> Reason:
        if self.is_for_no_fault:
            return Reason.CHANGED_MIND
        return Reason.DELIVERY_ERROR if self.came is Came.LOST else Reason.QUALITY_ISSUE

    def quantity_of(self, refund_id: str) -> int:
        """How much each refund asks for of its line: all of it, or of one that they share a part and the rest."""
        whole = self.sold_as.quantity
        if self.of_parcel is not None:
            return whole // 2 if self.of_parcel == 0 else whole - whole // 2
        if not self.is_shared:
            return whole
        part = whole * 3 // 8 or 1
        return part if refund_id == "A" else whole - part

    def line_of(self, refund_id: str) -> str:
        return LINES["A" if self.is_shared else refund_id]

    def __str__(self) -> str:
        said = [f" sold as {self.sold_as}"] if self.sold_as is not SoldAs.UNITS else []
        said += [" shared by both refunds"] * self.is_shared
        said += [f" with a {self.extra.replace('_', ' ')}"] if self.extra else []
        said += [f" with a bundle whose parts come back {self.parts}"] if self.parts else []
        said += [" with a line below zero"] * self.is_rounded
        said += [f" sent in {self.sent}"] if self.sent else []
        said += [f" ({self.came})"] if self.came else []
        said += [f" {self.paid}"] if self.paid else []
        said += [" in euros"] * self.is_foreign
        said += [f" that changes: {self.edit}"] if self.edit else []
        said += [" for a change of mind"] * self.is_for_no_fault
        return ",".join(said)


PLAIN = OrderKind()


def draw_kind(
    choices: Choices, refunds: int, payments: int, *, goods_come_back: bool, is_paid_elsewhere: bool
) -> OrderKind:
    """Draw what an order is made of; most are plain. What moved elsewhere was of one that was sent at
    once and paid in full."""
    if not choices.pick(2, _UNLIKE):
        return PLAIN
    sent = Sent.AT_ONCE if is_paid_elsewhere else _SENT[choices.pick(len(_SENT), _OFTEN)]
    came = Came.IN_TIME
    if sent is Sent.SPLIT:
        came = _CAME[choices.pick(len(_CAME), _OFTEN)]
    elif sent is Sent.EACH_LINE and refunds > 1 and not goods_come_back:
        came = Came.LOST if choices.toss(3) == 1 else Came.IN_TIME
    of_parcel = {Came.TOO_LONG_AGO: 1, Came.LOST: 0 if goods_come_back else None}.get(came)
    if not is_paid_elsewhere and choices.pick(2, _OFTEN):
        return _draw_edited(choices, refunds, payments)
    is_shared = choices.toss(2) == 1 and refunds > 1 and of_parcel is None and (came, sent) != _LOST_LINE
    kind = OrderKind(
        sold_as=_SOLD[choices.toss(len(_SOLD))],
        extra=_EXTRAS[choices.toss(len(_EXTRAS))],
        parts=Parts.NO_BUNDLE if is_shared or came is not Came.IN_TIME else _PARTS[choices.pick(len(_PARTS), _OFTEN)],
        is_shared=is_shared,
        is_rounded=choices.toss(3) == 1,
        is_for_no_fault=choices.toss(2) == 1,
        sent=sent,
        came=came,
        of_parcel=of_parcel,
        paid=Paid.IN_FULL if is_paid_elsewhere else _PAID[choices.pick(len(_PAID) - (payments == 1), _OFTEN)],
        is_foreign=choices.toss(4) == 1 and not is_paid_elsewhere,
    )
    if kind.paid in _PAID_LATER and came is Came.IN_TIME and choices.apart("paid after all").toss(2) == 1:
        return replace(kind, edit=Edit.PAID)
    is_plainly_paid = kind.paid is Paid.IN_FULL and not (kind.is_foreign or is_paid_elsewhere)
    if is_plainly_paid and choices.apart("interest").toss(3) == 1:
        return replace(kind, paid=Paid.WITH_INTEREST)
    return kind


def _draw_edited(choices: Choices, refunds: int, payments: int) -> OrderKind:
    """Draw an order that changes; what does not divide is sold in one line."""
    is_shared = choices.toss(2) == 1 and refunds > 1
    edits = (
        (Edit.ADDED, Edit.MORE) if is_shared or refunds == 1 else (Edit.ADDED, Edit.MORE, Edit.EXCHANGED, Edit.REMOVED)
    )
    kind = OrderKind(
        sold_as=_SOLD[choices.toss(len(_SOLD))] if is_shared or refunds == 1 else SoldAs.UNITS,
        is_shared=is_shared,
        is_for_no_fault=choices.toss(2) == 1,
        edit=edits[choices.toss(len(edits))],
        extra=_EXTRAS[choices.apart("extra of one that changes").pick(len(_EXTRAS), _OFTEN)],
    )
    kind = _with_what_else(choices.apart("what else one that changes is"), kind)
    return _paid_otherwise(choices.apart("how one that changes was paid"), kind, payments)


def _with_what_else(choices: Choices, kind: OrderKind) -> OrderKind:
    """Of an order that changes much is not plain either: how it was paid, its parcels, a bundle.

    Only a line that is added leaves what is in parcels and bundles as it was; and of one that is removed so much was
    given back elsewhere, which can't be more than was paid.
    """
    paid = Paid.IN_FULL if kind.edit is Edit.REMOVED else _PAID_SO[choices.pick(len(_PAID_SO), _OFTEN)]
    if kind.edit is not Edit.ADDED:
        return replace(kind, paid=paid)
    parts = Parts.NO_BUNDLE if kind.is_shared else _PARTS[choices.pick(len(_PARTS), _OFTEN)]
    return replace(kind, paid=paid, parts=parts, sent=_SENT[choices.pick(len(_SENT), _OFTEN)])


def _paid_otherwise(choices: Choices, kind: OrderKind, payments: int) -> OrderKind:
    """One that changes may have been paid by instalments, in euros, or with a payment that is not captured.

    Not one of which a line is removed, whose payments are less then.
    """
    if kind.edit is Edit.REMOVED:
        return kind
    is_foreign = choices.toss(4) == 1
    way = choices.pick(len(_PAID_ELSE) - (payments == 1), _OFTEN)
    paid = _PAID_ELSE[way] if kind.paid is Paid.IN_FULL and not (is_foreign and way == 1) else kind.paid
    return replace(kind, paid=paid, is_foreign=is_foreign)


_UNLIKE, _OFTEN = 0.3, 0.5
_SOLD, _EXTRAS, _PARTS, _SENT, _CAME = tuple(SoldAs), tuple(Extra), tuple(Parts), tuple(Sent), tuple(Came)
_PAID = Paid.IN_FULL, Paid.PARTLY, Paid.HARDLY, Paid.TOO_MUCH, Paid.NOT_CAPTURED
_PAID_SO = Paid.IN_FULL, Paid.PARTLY, Paid.HARDLY, Paid.TOO_MUCH
_PAID_LATER = Paid.PARTLY, Paid.HARDLY, Paid.NOT_CAPTURED
_PAID_ELSE = Paid.IN_FULL, Paid.WITH_INTEREST, Paid.NOT_CAPTURED
_LOST_LINE = Came.LOST, Sent.EACH_LINE


@dataclass(frozen=True, slots=True)
class Piece:
    """Units of a line that share what was paid for them together."""

    units: tuple[int, ...]
    paid: int
    points: int


@dataclass(frozen=True, slots=True)
class Ware:
    """A line as it was sold; `paid` is what is left of its price, and `points` paid for a part of that.

    `pieces` part it where the order was sold differently: each has figures of its own.
    """

    line_id: str
    quantity: int
    gross: int
    paid: int
    points: int = 0
    is_measured: bool = False
    pieces: tuple[Piece, ...] = ()

    @property
    def as_pieces(self) -> tuple[Piece, ...]:
        return self.pieces or (Piece(tuple(range(self.quantity)), self.paid, self.points),)

    @property
    def numbers(self) -> Sequence[int]:
        """The numbers of its units; those that refunds have claimed keep theirs."""
        return sorted(each for piece in self.pieces for each in piece.units) if self.pieces else range(self.quantity)

    def price(self, units: Sequence[int]) -> int:
        """What was paid for some units, by their numbers."""
        return sum(of.carried(of.paid, places) for of, places in self._found(units))

    def points_of(self, units: Sequence[int]) -> int:
        return sum(of.carried(of.points, places) for of, places in self._found(units))

    def _found(self, units: Sequence[int]) -> "Iterator[tuple[Ware, Sequence[int]]]":
        """Say of which pieces these units are, and of each where they are in it."""
        if not self.pieces:
            yield self, units
        named = frozenset(units)
        for piece in self.pieces:
            of = replace(self, quantity=len(piece.units), paid=piece.paid, points=piece.points, pieces=())
            yield of, [place for place, each in enumerate(piece.units) if each in named]

    def carried(self, whole: int, units: Sequence[int]) -> int:
        """What units carry of a whole that is spread over all of them."""
        if len(units) == self.quantity:
            return whole
        return sum(self._up_to(each + 1, whole) - self._up_to(each, whole) for each in units)

    def _up_to(self, end: int, whole: int) -> int:
        """What the first so many carry: of units the first have the odd ones, of a measure any number the nearest."""
        if self.is_measured:
            return (2 * whole * end + self.quantity) // (2 * self.quantity)
        return end * (whole // self.quantity) + min(end, whole % self.quantity)


@dataclass(frozen=True, slots=True)
class Wares:
    """The lines of an order, its units by their ids, gifts aside; its parcels; and how it was paid."""

    units: Mapping[str, Ware]
    extra: Ware | None
    parcels: tuple[Parcel, ...]
    payments: Payments
    earned: int = 0

    @property
    def goods(self) -> int:
        """What was paid for units."""
        return sum(each.paid for each in self.units.values())

    @property
    def count(self) -> int:
        return sum(each.quantity for each in self.units.values())

    @property
    def points(self) -> int:
        return sum(each.points for each in self.units.values())


PLAIN_LINE = Ware("", 1, 0, 0)
"""One unit of something."""


@cache
def wares_of(kind: OrderKind, refunds: int, payments: int, *, is_rich: bool) -> Wares:
    """Work out what was sold; a line below zero is off all others that cost something (rule 47)."""
    lines = list(LINES.values())[: 1 if kind.is_shared else refunds]
    off = COUPON_OFF + POINTS_SPENT + (DISCOUNT_OFF if is_rich else 0)
    left = dict.fromkeys(lines, SHARE * payments)
    left |= {PART: PART_PRICE} if kind.parts else {}
    left |= {EXTRA: EXTRA_PRICE} if kind.extra else {}
    lowered = split(ROUNDED_BY if kind.is_rounded else 0, list(left.values()))
    sold: dict[str, Ware] = {}
    for (line_id, cost), less in zip(left.items(), lowered, strict=True):
        is_of_refunds = line_id in lines
        sold[line_id] = Ware(
            line_id,
            kind.sold_as.quantity if is_of_refunds else 1,
            gross=cost + (off if is_of_refunds else 0),
            paid=cost - less,
            points=POINTS_SPENT if is_of_refunds else 0,
            is_measured=is_of_refunds and kind.sold_as is SoldAs.MEASURED,
        )
    price = sum(each.paid for each in sold.values())
    extra = sold.pop(EXTRA, None)
    quantities = {line_id: each.quantity for line_id, each in sold.items()}
    parcels = parcels_of(kind.sent, quantities, beside=GIFT if is_rich else "")
    price += sum(each.cost for each in parcels)
    paid = payments_of(kind.paid, price, payments, is_foreign=kind.is_foreign)
    return Wares(sold, extra, parcels, paid, POINTS_EARNED * refunds)
