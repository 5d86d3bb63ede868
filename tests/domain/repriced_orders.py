"""Orders with a discount that was given because enough was bought."""

from domain.money.amounts import Money
from domain.policy import Policy, PromotionRefund
from domain.sale.orders import Discount, Order
from tests.domain.builders import a_discount, a_line, an_order, units
from tests.domain.refund_desk import Desk

PRORATE = Policy(promotion_refund=PromotionRefund.PRORATE)
REPRICE = Policy(promotion_refund=PromotionRefund.REPRICE)
SAVE_10_FROM_50 = a_discount(10_00, minimum_spend=50_00)


def an_order_of(*prices: int, discounts: tuple[Discount, ...] = (SAVE_10_FROM_50,)) -> Order:
    """Lines l1, l2, … of one unit each at these prices."""
    return an_order([a_line(1, price) for price in prices], discounts)


def refunded(desk: Desk, *line_ids: str) -> list[Money]:
    """What one unit of each of these lines pays, one after the other."""
    return [desk.refund(units(line_id, 1)).total for line_id in line_ids]
