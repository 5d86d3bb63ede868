"""What is kept of a customer's orders by increment is what the full sum over them says, whatever happens (rule 24)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.campaigns.campaign_effects import CustomerPosition
from domain.campaigns.campaigns import Campaign, GoodsRefund, Purchase, standing
from domain.campaigns.counting import as_sold, change, tallied
from domain.campaigns.tallies import ALL_ORDERS, Tallies, Tally, summed
from domain.claims.reasons import Reason
from domain.durations import IsoDuration
from domain.entitlements.tiers import counts_since, others_for_tier, tier_effect
from domain.money.amounts import Money
from domain.policy import Policy
from tests.domain.builders import a_line, an_order, cny, on
from tests.domain.campaign_builders import a_campaign, a_first_purchase_offer, a_limited_campaign, a_purchase
from tests.domain.generated_customers import read_policy
from tests.domain.playing import Step, play
from tests.domain.refund_desk import NOW, Desk
from tests.domain.settlement_inputs import basis_of
from tests.domain.shoppers import Shopper
from tests.domain.strategies import desks, histories
from tests.domain.tapes import Tape

CAMPAIGNS = (
    a_campaign(threshold=500_00),
    replace(a_campaign(threshold=300_00, campaign_id="half"), repeat=True, starts_at=on(5), ends_at=on(15)),
    a_campaign(currency="JPY", threshold=1, campaign_id="yen"),
    a_first_purchase_offer(),
    replace(a_first_purchase_offer(restore_on_refund=False), campaign_id="first-for-good"),
    a_limited_campaign(limit=2),
)


class Customer:
    """Someone who buys and gives back; what comes of it is `kept` by increment."""

    def __init__(self) -> None:
        self.orders: dict[int, Purchase] = {}
        self.kept: Tallies = ()

    def take(self, tape: Tape) -> None:
        number = tape.up_to(3)
        self._becomes(number, self._bought(tape, number))

    def _bought(self, tape: Tape, number: int) -> Purchase:
        known = self.orders.get(number)
        if known is None or (tape.is_one_in(4) and not known.refunds):
            currency = known.goods_paid.currency if known else tape.pick(["CNY", "CNY", "JPY"])
            paid_at = known.paid_at if known else on(1 + tape.up_to(29))
            named = tape.pick([(), ("limited",)])
            return Purchase(f"o{number}", paid_at, Money(currency, tape.price()), (), False, named)
        if known.refunds and tape.is_one_in(3):
            return replace(known, refunds=known.refunds[:-1], is_returned=False)
        amount = known.goods_paid.like(known.spend.minor_units * tape.percent() // 100)
        refunds = (*known.refunds, GoodsRefund(on(1 + tape.up_to(29)), amount))
        return replace(known, refunds=refunds, is_returned=tape.is_one_in(2))

    def _becomes(self, number: int, purchase: Purchase) -> None:
        before = [self.orders[number]] if number in self.orders else []
        self.orders[number] = purchase
        self.kept = summed((*self.kept, *change(before, [purchase], CAMPAIGNS)))


tapes = st.binary(max_size=120).map(Tape)
customers = tapes.map(lambda tape: _having_bought(Customer(), tape))


def _having_bought(customer: Customer, tape: Tape) -> Customer:
    for _ in range(tape.up_to(12)):
        customer.take(tape)
    return customer


@given(customers)
def test_sales_changes_refunds_and_their_undoing_add_up_to_the_full_sum(customer: Customer) -> None:
    assert customer.kept == tallied(customer.orders.values(), CAMPAIGNS)


@given(customers, st.sampled_from(CAMPAIGNS), st.sampled_from(["CNY", "JPY"]), st.booleans(), st.integers(0, 4))
def test_a_standing_is_the_same_however_many_of_the_orders_are_listed(
    customer: Customer, campaign: Campaign, currency: str, is_restricted: bool, listed: int
) -> None:
    bought = list(customer.orders.values())
    others = summed(customer.kept, less=tallied(bought[:listed], CAMPAIGNS))

    stands = standing(campaign, bought[:listed], currency, is_restricted=is_restricted, others=others)

    assert stands == standing(campaign, bought, currency, is_restricted=is_restricted)


@given(desks(), histories())
def test_a_refund_comes_to_the_same_where_only_its_order_is_listed(desk: Desk, steps: list[Step]) -> None:
    play(desk, steps)
    if not any(desk.position.line(line.line_id).free_units.count for line in desk.sale.lines):
        return
    basis = basis_of(desk, reason=Reason.QUALITY_ISSUE)

    slim = replace(basis, customer=_with_one_listed(desk))

    assert slim.settle(desk.order, desk.sale, desk.policy) == basis.settle(desk.order, desk.sale, desk.policy)


def _with_one_listed(desk: Desk) -> CustomerPosition:
    customer, currency = desk.customer, desk.order.currency
    *others, this = customer.purchases
    for_tier = others_for_tier(desk.policy, others, [this], currency, NOW)
    return replace(customer, purchases=(this,), others=tallied(others, customer.campaigns), for_tier=for_tier)


@given(st.lists(tapes.map(lambda tape: _any_purchase(tape)), min_size=1, max_size=6), tapes)
def test_a_tier_is_the_same_where_other_orders_are_summed_up(bought: Sequence[Purchase], tape: Tape) -> None:
    policy, (this, *others) = read_policy(tape), bought
    after = replace(this, refunds=(*this.refunds, GoodsRefund(NOW, this.spend)))

    full = tier_effect(policy, bought, [after, *others], (), "CNY", NOW)
    for_tier = others_for_tier(policy, others, [this], "CNY", NOW)

    assert tier_effect(policy, [this], [after], for_tier, "CNY", NOW) == full


def _any_purchase(tape: Tape) -> Purchase:
    paid = Money(tape.pick(["CNY", "CNY", "JPY"]), tape.price())
    paid_at = NOW + timedelta(hours=tape.up_to(2_000) - 1_500)
    refund = GoodsRefund(NOW + timedelta(hours=tape.up_to(1_000) - 900), paid.like(paid.minor_units // 3))
    return Purchase("o1", paid_at, paid, (refund,) if tape.is_one_in(2) else (), False)


def test_an_order_counts_for_all_orders_and_for_each_campaign_it_takes_part_in() -> None:
    bought = a_purchase(100_00, refunded=30_00, returned=True)

    assert tallied([bought], [a_campaign(), a_limited_campaign()]) == (
        Tally(ALL_ORDERS, cny(100_00), cny(30_00), 1, 1),
        Tally("spend-1000", cny(100_00), cny(30_00), 1, 1),
    )
    assert tallied([bought], [], all_orders=False) == ()


def test_a_sale_counts_and_what_its_refund_adds_makes_it_what_it_is_once_that_is_settled() -> None:
    desk = Desk(an_order([a_line(2, 50_00)]), shopper=Shopper(campaigns=[a_campaign()]))
    sold = tallied([as_sold(desk.order, desk.sale)], CAMPAIGNS)
    basis = basis_of(desk, reason=Reason.QUALITY_ISSUE)

    added = basis.changes(desk.order, basis.settle(desk.order, desk.sale, desk.policy))

    assert {(each.campaign_id, each.refunded, each.returned) for each in added} == {
        (ALL_ORDERS, cny(100_00), 1),
        ("spend-1000", cny(100_00), 1),
    }
    desk.refund()
    kept = [each for each in sold if each.campaign_id in (ALL_ORDERS, "spend-1000")]
    assert summed((*kept, *added)) == tallied(desk.customer.purchases, desk.customer.campaigns)


def test_orders_count_towards_a_tier_for_its_window_and_its_grace() -> None:
    policy = Policy(tier_window=IsoDuration("P30D"), tier_grace=IsoDuration("P7D"))

    assert counts_since(policy, NOW) == NOW - timedelta(days=37)
