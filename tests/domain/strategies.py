"""Whole orders, policies, customers and histories of refunds, for Hypothesis."""

from dataclasses import replace

from hypothesis import strategies as st

from domain.campaigns import Campaign, GrantedReward
from domain.money import Money
from domain.orders import Discount, DiscountSource, DiscountTarget, Order, OrderLine, RewardKind
from domain.policy import EarnedPoints, Policy, ShippingRefund, TenderOrder
from domain.reasons import Reason
from domain.sales import book
from tests.domain.builders import a_discount, a_line, a_payment, an_order
from tests.domain.campaign_builders import a_campaign, a_first_purchase_offer, a_purchase, a_reward
from tests.domain.playing import Adjust, Pay, Release, Return, Settle, Step
from tests.domain.refund_desk import Shopper

currencies = st.sampled_from(["CNY", "JPY", "KWD"])
reasons = st.sampled_from(Reason)
prices = st.integers(0, 600).map(lambda number: number**3 // 1_000)
"""Minor units from nothing to 216,000, a good part of them only a few."""


# Orders


@st.composite
def orders(draw: st.DrawFn) -> Order:
    """An order with gifts, discounts of every kind, taxes, and none to three payments; it always balances."""
    currency = draw(currencies)
    lines = [draw(_lines(f"l{place}", currency)) for place in range(1, draw(st.integers(1, 4)) + 1)]
    shipping = draw(prices)
    order = an_order(
        lines,
        shipping=shipping,
        shipping_tax=draw(st.integers(0, shipping)),
        points_earned=draw(prices),
        currency=currency,
    )
    for _ in range(draw(st.integers(0, 3))):
        order = _paid_anew(replace(order, discounts=(*order.discounts, draw(_discounts(order)))))
    return _paid_anew(order, draw(st.lists(st.integers(0, 10), max_size=3)))


@st.composite
def _lines(draw: st.DrawFn, line_id: str, currency: str) -> OrderLine:
    quantity, unit_price = draw(st.integers(1, 6)), draw(prices)
    gift, tax_percent = draw(st.sampled_from([(False, 0), (False, 13), (False, 25), (True, 0), (True, 100)]))
    tax = tax_percent * quantity * unit_price // 100
    return a_line(quantity, unit_price, line_id=line_id, tax=tax, gift=gift, currency=currency)


@st.composite
def _discounts(draw: st.DrawFn, order: Order) -> Discount:
    """A discount of at most what is left; now and then of all of it."""
    sale = book(order)
    percent = draw(st.integers(0, 100) | st.just(100))
    if draw(st.integers(0, 4)) == 0:
        amount = sale.shipping_paid.minor_units * percent // 100
        return a_discount(amount, target=DiscountTarget.SHIPPING, currency=order.currency)
    left = {line.line_id: line.paid.minor_units for line in sale.lines}
    covered = draw(st.sets(st.sampled_from(list(left))))
    goods = [line.line_id for line in order.lines if not line.gift]
    is_shared_out = bool(covered) and draw(st.booleans())
    shares = {line_id: left[line_id] * percent // 100 for line_id in sorted(covered)}
    whole = sum(left[line_id] for line_id in covered or goods)
    source = draw(st.sampled_from(DiscountSource)) if covered or goods else DiscountSource.OTHER
    return a_discount(
        sum(shares.values()) if is_shared_out else whole * percent // 100,
        source=source,
        source_id="cpn-1" if source is DiscountSource.COUPON else None,
        on_lines=() if is_shared_out else sorted(covered),
        shares=shares if is_shared_out else None,
        points=draw(st.integers(0, 2_000)) if source is DiscountSource.POINTS else 0,
        currency=order.currency,
    )


def _paid_anew(order: Order, parts: list[int] | None = None) -> Order:
    """Pay the order in parts of these weights; nothing to pay may have no payment at all."""
    if not parts and not order.price:
        return replace(order, payments=())
    shares = order.price.allocate(parts or [1])
    payments = (a_payment(f"p{n}", share.minor_units, currency=order.currency) for n, share in enumerate(shares, 1))
    return replace(order, payments=tuple(payments))


# Policies and customers


@st.composite
def policies(draw: st.DrawFn, shipping: ShippingRefund | None = None) -> Policy:
    rules = st.sampled_from(ShippingRefund)
    at_fault, changed_mind = (shipping, shipping) if shipping else (draw(rules), draw(rules))
    return Policy(
        shipping_refund={reason: at_fault if reason.is_merchants_fault else changed_mind for reason in Reason},
        tender_order=draw(st.sampled_from(TenderOrder)),
        earned_points=draw(st.sampled_from(EarnedPoints)),
        point_value=draw(st.integers(0, 5)),
    )


@st.composite
def shoppers(draw: st.DrawFn, currency: str) -> Shopper:
    """A customer with purchases and rewards in this and another currency; rewards may be spent already."""
    campaigns = [a_first_purchase_offer(), *draw(st.lists(_spend_campaigns(), max_size=2, unique_by=lambda c: c.name))]
    here_or_elsewhere = st.sampled_from([currency, currency, "EUR"])
    return Shopper(
        campaigns=campaigns,
        rewards=[reward for campaign in campaigns for reward in draw(_rewards(campaign, here_or_elsewhere))],
        other_purchases=[a_purchase(amount) for amount in draw(st.lists(_amounts(here_or_elsewhere), max_size=2))],
        points=draw(st.integers(-500, 5_000)),
        store_credit=draw(st.integers(0, 50_000)),
    )


@st.composite
def _spend_campaigns(draw: st.DrawFn) -> Campaign:
    name = draw(st.sampled_from(["spring", "autumn"]))
    campaign = a_campaign(threshold=draw(prices), campaign_id=name)
    return replace(campaign, name=name)


@st.composite
def _rewards(draw: st.DrawFn, campaign: Campaign, currency: st.SearchStrategy[str]) -> list[GrantedReward]:
    if campaign.reward is None:
        return []
    return [
        a_reward(
            amount,
            kind=draw(st.sampled_from(RewardKind)),
            spent=draw(st.booleans()),
            reward_id=reward_id,
            campaign_id=campaign.campaign_id,
        )
        for reward_id, amount in enumerate(draw(st.lists(_amounts(currency), max_size=2)), 1)
    ]


def _amounts(currency: st.SearchStrategy[str]) -> st.SearchStrategy[Money]:
    return st.builds(Money, currency, prices)


# Histories

_numbers = st.integers(0, 11)
_quantities = st.integers(0, 7**4 - 1).map(lambda number: tuple(number // 7**place % 7 for place in range(4)))
_words_on_shipping = st.sampled_from([None, None, None, True, False])

returns = st.builds(Return, _quantities, reasons, st.none())
"""Some units of some lines, with the shipping as the policy says."""

adjustments = st.builds(Adjust, _numbers, st.integers(1, 100) | st.just(100))
settlements = st.builds(Settle, _numbers, st.just(100))
"""Everything that is settled was accepted."""

payments = st.builds(Pay, _numbers)

_returns_outright = st.builds(Return, _quantities, reasons, _words_on_shipping)
_inspections = st.builds(Settle, _numbers, st.integers(0, 100))
_releases = st.builds(Release, _numbers)


def histories(*kinds: st.SearchStrategy[Step]) -> st.SearchStrategy[list[Step]]:
    """Anything that can happen to an order, in any order; or only these kinds of steps."""
    everything = (_returns_outright, adjustments, settlements, _inspections, payments, _releases)
    return st.lists(st.one_of(*(kinds or everything)), max_size=12)
