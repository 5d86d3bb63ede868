"""Orders are counted: what they come to for each campaign, and what is to be added when one changes (rules 21 to 24).

What a customer's orders come to is kept by increment, so that nobody has to read them all. `tallied` over all of them
is the full sum that it must agree with at any time.
"""

from collections.abc import Iterable

from domain.campaigns.campaigns import Campaign, Purchase
from domain.campaigns.tallies import ALL_ORDERS, Tallies, Tally, summed
from domain.sale.orders import DiscountSource, Order
from domain.sale.sales import Sale


def tallied(purchases: Iterable[Purchase], campaigns: Iterable[Campaign], *, all_orders: bool = True) -> Tallies:
    """Sum purchases up for these campaigns, and for all orders as well."""
    counting = tuple(campaigns)
    return summed(
        _one(campaign_id, each) for each in purchases for campaign_id in _counts_for(each, counting, all_orders)
    )


def change(before: Iterable[Purchase], after: Iterable[Purchase], campaigns: Iterable[Campaign]) -> Tallies:
    """Tell what is to be added to what is kept, where some purchases have become others."""
    counting = tuple(campaigns)
    return summed(tallied(after, counting), less=tallied(before, counting))


def as_sold(order: Order, sale: Sale) -> Purchase:
    """See a booked order as campaigns do, before anything of it is refunded."""
    names = order.names(DiscountSource.CAMPAIGN)
    return Purchase(order.order_id, order.sold_at, sale.goods_paid, (), is_returned=False, campaign_ids=names)


def _counts_for(purchase: Purchase, campaigns: tuple[Campaign, ...], all_orders: bool) -> list[str]:
    covering = [campaign.campaign_id for campaign in campaigns if campaign.covers(purchase)]
    return [ALL_ORDERS, *covering] if all_orders else covering


def _one(campaign_id: str, purchase: Purchase) -> Tally:
    refunded = purchase.goods_paid - purchase.spend
    return Tally(campaign_id, purchase.goods_paid, refunded, 1, int(purchase.is_returned))
