"""Everything that `settle` looks at beside the order and the policy, kept with what it came to.

So a settlement can be worked out again: to check it, to explain it, and to ask what another policy would have paid.
"""

from dataclasses import dataclass

from domain.campaigns.campaign_effects import CustomerPosition
from domain.campaigns.campaigns import GoodsRefund
from domain.campaigns.counting import change
from domain.campaigns.tallies import Tallies
from domain.claims.claims import Claim
from domain.claims.live_refunds import LiveRefund
from domain.claims.positions import OrderPosition
from domain.policy import Policy
from domain.sale.orders import Order
from domain.sale.sales import Sale
from domain.settlement.settle import settle, work_out
from domain.settlement.settlement import SettledEntitlements, Settlement, Terms


@dataclass(frozen=True, slots=True)
class SettlementInputs:
    """`refunds` are the order's other live refunds, `claims` what this one claims before it is priced.

    `order_version` is the version of the order that was looked at (rule 57); None where nobody kept it.
    """

    refunds: tuple[LiveRefund, ...]
    claims: tuple[Claim, ...]
    terms: Terms
    customer: CustomerPosition
    entitlements: SettledEntitlements
    order_version: int | None = None

    def settle(self, order: Order, sale: Sale, policy: Policy) -> Settlement:
        """Work the refund out under `policy`, and explain it."""
        position = OrderPosition(order, sale, self.refunds)
        return settle(position, self.claims, self.terms, policy, self.customer, self.entitlements)

    def changes(self, order: Order, settlement: Settlement) -> Tallies:
        """Tell what this refund changes of what the customer's orders come to for each campaign (rule 23)."""
        refund = GoodsRefund(self.terms.at, settlement.goods)
        after = self.customer.after_refund(order.order_id, refund, is_returned=settlement.completes_order)
        return change(self.customer.purchases, after, self.customer.campaigns)

    def work_out(self, order: Order, sale: Sale, policy: Policy) -> Settlement:
        """Work the refund out without its explanations, which take as long again."""
        position = OrderPosition(order, sale, self.refunds)
        return work_out(position, self.claims, self.terms, policy, self.customer, self.entitlements)
