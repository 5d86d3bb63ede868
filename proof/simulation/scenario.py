"""What a schedule starts from: how many refunds of one order, their policy, and the providers' behaviours."""

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from functools import cache

from activities.review import Assessment, ReviewTerms
from domain.claims.reasons import Reason
from domain.payout.choice import RefundTo
from domain.policy import DeclinedTender, ReviewTimeout
from domain.rights.review import ReviewRule, WaitsBecause
from domain.sale.disputes import DisputeStatus
from domain.sale.payments import PaymentMethod
from proof.simulation.choices import Choices
from proof.simulation.parcels import Sent
from proof.simulation.payments import Paid
from proof.simulation.wares import PLAIN, OrderKind, Wares, draw_kind, wares_of


class ProviderBehaviour(StrEnum):
    """How a provider treats the refunds of one payment."""

    PAYS = "pays"
    DECLINES = "declines"
    DECLINES_ONCE = "declines once"
    DISPUTED = "disputed"
    PENDING_THEN_PAYS = "pending, then pays"
    PENDING_THEN_FAILS = "pending, then fails"
    SHORT_THEN_PAYS = "waits for the merchant's balance, then pays"
    PAYS_THEN_FAILS = "pays, and fails later"


@dataclass(frozen=True, slots=True)
class Disputed:
    """What the bank will say of the payment at a place, in this order: of all of it, or of its half."""

    payment: int
    is_whole: bool
    course: tuple[DisputeStatus, ...]

    def __str__(self) -> str:
        return f"{'all' if self.is_whole else 'half'} of p{self.payment} disputed ({', '.join(self.course)})"


@dataclass(frozen=True, slots=True)
class Scenario:
    """`refunds` of one line each, of one order, paid with payments of these behaviours.

    `is_interleaved`: every step is a task of its own; `is_forgetful`: parcels are sent when their
    time is up, and calls for help are overlooked for days. `is_rich`: the order used exclusive discounts, granted
    store credit and a coupon, came with a gift, and its customer has a tier; `gift_comes`: the first refund is to bring
    the gift back, which is broken if `gift_is_broken`; `uses_coupon`: the granted coupon was used before. `external`:
    the id of a refund whose money went back elsewhere, of an order that is not rich. `is_to_credit`: the customer wants
    store credit for what was paid with the first payment; another is a gift card then, which goes back to itself.
    `is_to_bank`: they want that on a bank account, which two reviewers approve and people pay.
    `grants_a_friend`: a rich order granted the store credit to somebody else. `has_systems`: the coupon and the
    promotions of a plain order live in other systems of the merchant's.
    `kind` is what else is not plain of an order; of a rich one only its parcels. `disputes`: what the bank says of
    payments of an order of which nothing went back elsewhere; they are lost where it was paid in full.
    """

    refunds: int
    behaviours: tuple[ProviderBehaviour, ...]
    goods_come_back: bool
    is_by_rule: bool
    review_timeout: ReviewTimeout
    declined_tender: DeclinedTender
    is_interleaved: bool
    is_forgetful: bool
    is_rich: bool = False
    gift_comes: bool = False
    gift_is_broken: bool = False
    uses_coupon: bool = False
    external: str = ""
    is_to_credit: bool = False
    kind: OrderKind = PLAIN
    disputes: tuple[Disputed, ...] = ()
    is_to_bank: bool = False
    grants_a_friend: bool = False
    has_systems: bool = False

    @property
    def may_be_lost(self) -> bool:
        """Whether the bank is to say that any of its payments is lost."""
        return any(DisputeStatus.LOST in each.course for each in self.disputes)

    @property
    def refund_to(self) -> RefundTo:
        if self.is_to_bank:
            return RefundTo.BANK_TRANSFER
        return RefundTo.STORE_CREDIT if self.is_to_credit else RefundTo.ORIGINAL

    @property
    def others_paid_with(self) -> PaymentMethod:
        """With what all but the first payment were made: a gift card goes back to itself, whatever is chosen."""
        return PaymentMethod.CARD if self.refund_to is RefundTo.ORIGINAL else PaymentMethod.GIFT_CARD

    @property
    def wares(self) -> Wares:
        return wares_of(self.kind, self.refunds, len(self.behaviours), is_rich=self.is_rich)

    @property
    def assessment(self) -> Assessment:
        by_rule = _assessment(
            self.is_by_rule, self.kind.reason, self.goods_come_back, self.review_timeout, self.declined_tender
        )
        if not self.is_to_bank:
            return by_rule
        return replace(by_rule, rule=None, waits_because=(*by_rule.waits_because, WaitsBecause.BANK_TRANSFER))

    def __str__(self) -> str:
        order = " of a rich order" if self.is_rich else ""
        order += f" with its {'broken ' if self.gift_is_broken else ''}gift" if self.gift_comes else ""
        order += " whose coupon is used" if self.uses_coupon else ""
        order += " that granted credit to a friend" if self.grants_a_friend else ""
        order += f", {self.external} paid elsewhere" if self.external else ""
        order += " with coupons and promotions in other systems" if self.has_systems else ""
        order += ", to store credit" if self.is_to_credit else ", by bank transfer" if self.is_to_bank else ""
        order += f" of an order{self.kind}" if self.kind != PLAIN else ""
        order += "".join(f", {each}" for each in self.disputes)
        goods = "with goods coming back" if self.goods_come_back else "of money only"
        review = "approved by rule" if self.is_by_rule else f"for a reviewer, who else lets it {self.review_timeout}"
        return (
            f"{self.refunds} refund(s){order} {goods}, {review}; payments: {', '.join(self.behaviours)}; "
            f"declined tenders: {self.declined_tender}"
        )


@cache
def _assessment(
    is_by_rule: bool,
    reason: Reason,
    goods_come_back: bool,
    review_timeout: ReviewTimeout,
    declined_tender: DeclinedTender,
) -> Assessment:
    by_rule = ReviewRule.MERCHANT_FAULT if reason.is_merchants_fault else ReviewRule.LISTED_REASON
    return Assessment(
        rule=by_rule if is_by_rule else None,
        waits_because=() if is_by_rule else (WaitsBecause.REASON_NOT_LISTED,),
        risk_score=10,
        goods_come_back=goods_come_back,
        terms=ReviewTerms(
            review_sla=timedelta(hours=72),
            review_timeout=review_timeout,
            return_deadline=timedelta(days=7),
            inspection_sla=timedelta(hours=72),
            declined_tender=declined_tender,
        ),
    )


def draw(choices: Choices) -> Scenario:
    scenario = _drawn(choices)
    is_other = scenario.is_to_credit or scenario.external or scenario.disputes
    is_to_bank, has_systems = False, False
    if not is_other and scenario.kind.paid in _ALL_PAID:
        way = choices.apart("way").pick(2, choices.transfers)
        if scenario.kind == PLAIN and not scenario.is_rich:
            has_systems = choices.or_a_third("systems", way, choices.systems) == 2
        is_to_bank = way == 1
    is_to_friend = scenario.is_rich and choices.apart("friend").toss(3) == 1
    return replace(scenario, is_to_bank=is_to_bank, grants_a_friend=is_to_friend, has_systems=has_systems)


def _drawn(choices: Choices) -> Scenario:
    scenario = _with_a_shortage(choices.apart("shortage"), _draw(choices))
    if scenario.is_rich:
        return _held_for_a_while(choices, _in_parcels(choices.apart("parcels of a rich order"), scenario))
    kind = draw_kind(
        choices.apart("kind"),
        scenario.refunds,
        len(scenario.behaviours),
        goods_come_back=scenario.goods_come_back,
        is_paid_elsewhere=bool(scenario.external),
    )
    if scenario.external:
        return replace(scenario, kind=kind)
    if kind != PLAIN:
        return _held_for_a_while(choices, replace(scenario, kind=kind))
    return replace(scenario, disputes=_disputes(choices.apart("disputes"), len(scenario.behaviours)))


def _in_parcels(choices: Choices, scenario: Scenario) -> Scenario:
    """Some rich orders are sent in parcels, with the gift in the first."""
    sent = _SENT[choices.pick(len(_SENT), _OFTEN_SENT)]
    if sent is Sent.AT_ONCE:
        return scenario
    return replace(scenario, kind=replace(PLAIN, sent=sent, is_for_no_fault=choices.toss(2) == 1))


def _held_for_a_while(choices: Choices, scenario: Scenario) -> Scenario:
    """Of an order that is not plain a payment may be disputed too, in its currency.

    It may be lost where all of it was paid and no interest beside, as rich ones are.
    """
    apart, known = choices.apart("disputes of what is not plain"), scenario.wares.payments
    places = [place for place, own in enumerate(known.own) if own > 1 and known.currency(place) == "CNY"]
    if not places or not apart.pick(2, choices.disputes):
        return scenario
    place, is_whole = places[apart.toss(len(places))], apart.toss(2) == 1
    courses = (*COURSES_NOT_LOST, *COURSES) if scenario.is_rich else COURSES_NOT_LOST
    course = courses[apart.toss(len(courses))]
    may_lose = choices.apart("losses of what is not plain")
    if not scenario.is_rich and scenario.kind.may_be_lost and may_lose.toss(3):
        course = COURSES[may_lose.toss(len(COURSES))]
    disputed = replace(scenario, disputes=(Disputed(place, is_whole, course=course),))
    return replace(disputed, uses_coupon=scenario.uses_coupon and not disputed.may_be_lost)


def _with_a_shortage(choices: Choices, scenario: Scenario) -> Scenario:
    """Of some payments the provider says what their refunds wait for: the merchant's balance is too low."""
    late = ProviderBehaviour.PENDING_THEN_PAYS
    if late not in scenario.behaviours or choices.toss(2):
        return scenario
    short = ProviderBehaviour.SHORT_THEN_PAYS
    return replace(scenario, behaviours=tuple(short if each is late else each for each in scenario.behaviours))


def _disputes(choices: Choices, payments: int) -> tuple[Disputed, ...]:
    if not choices.pick(2, choices.disputes):
        return ()
    places = range(payments) if payments > 1 and choices.toss(3) == 1 else [choices.toss(payments)]
    return tuple(_disputed(choices, place) for place in places)


def _disputed(choices: Choices, place: int) -> Disputed:
    return Disputed(place, is_whole=choices.toss(2) == 1, course=COURSES[choices.toss(len(COURSES))])


def _draw(choices: Choices) -> Scenario:
    return Scenario(
        refunds=1 + (choices.toss(5) == 1),
        behaviours=tuple(
            [_BEHAVIOURS[choices.pick(len(_BEHAVIOURS), _MOODY)] for _ in range(1 + (choices.toss(4) == 1))]
        ),
        goods_come_back=choices.toss(3) == 1,
        is_by_rule=choices.toss(3) != 1,
        review_timeout=_TIMEOUTS[choices.toss(len(_TIMEOUTS))],
        declined_tender=_TENDERS[choices.toss(2)],
        is_interleaved=choices.toss(12) == 1,
        is_forgetful=choices.toss(8) == 1,
        is_rich=(is_rich := choices.toss(4) == 1),
        gift_comes=(gift_comes := is_rich and choices.toss(2) == 1),
        gift_is_broken=gift_comes and choices.toss(3) == 1,
        uses_coupon=is_rich and choices.toss(4) == 1,
        external="" if is_rich else _EXTERNAL[choices.pick(len(_EXTERNAL), _ELSEWHERE)],
        is_to_credit=choices.toss(4) == 1,
    )


_BEHAVIOURS = tuple(each for each in ProviderBehaviour if each is not ProviderBehaviour.SHORT_THEN_PAYS)
"""Those that are drawn; of a shortage, which came later, is drawn apart, so that earlier seeds mean what they did."""

_TIMEOUTS = tuple(ReviewTimeout)
_TENDERS = (DeclinedTender.STORE_CREDIT, DeclinedTender.HOLD)
_EXTERNAL = ("", "A", "B")
_ELSEWHERE = 0.1
COURSES = (
    (DisputeStatus.OPENED, DisputeStatus.LOST),
    (DisputeStatus.OPENED, DisputeStatus.WON),
    (DisputeStatus.LOST, DisputeStatus.WON),
    (DisputeStatus.OPENED, DisputeStatus.LOST, DisputeStatus.WON),
    (DisputeStatus.WARNING, DisputeStatus.OPENED, DisputeStatus.LOST),
    (DisputeStatus.WARNING, DisputeStatus.LOST, DisputeStatus.WON),
    (DisputeStatus.WARNING, DisputeStatus.WON),
)
COURSES_NOT_LOST = (
    (DisputeStatus.OPENED, DisputeStatus.WON),
    (DisputeStatus.WARNING, DisputeStatus.WON),
    (DisputeStatus.WARNING, DisputeStatus.OPENED, DisputeStatus.WON),
)
_ALL_PAID = (Paid.IN_FULL, Paid.TOO_MUCH, Paid.WITH_INTEREST)
"""Where something is to be paid yet, nothing may be left that could go to a bank account, which is refused."""
_SENT, _OFTEN_SENT = tuple(Sent), 0.3
_MOODY = 0.4
"""Payments that are simply paid back find few faults."""
