"""Having a return collected where the customer wished so and the carrier offers it (rule 32)."""

from datetime import datetime, timedelta

from domain.deadlines import format_time
from domain.explain.messages import Catalogue, Topic
from domain.policy import Policy
from service.notifying import About, locale_of, notify
from service.steps import RefundTransaction


class Pickups:
    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    async def notify(self, tx: RefundTransaction, policy: Policy, rma: str, pickup_by: datetime) -> None:
        about = About(tx.ref.merchant_id, tx.refund.customer_id, tx.ref.refund_id)
        locale = await locale_of(tx.connection, self._catalogue, about)
        facts = {"order": tx.refund.order_id, "pickup_by": self._catalogue.moment(locale, pickup_by, policy.time_zone)}
        await notify(tx.connection, self._catalogue, about, Topic.PICKUP_ARRANGED, rma, facts)


def pickup_news(wished_within: timedelta | None, pickup_by: datetime | None) -> str:
    """Return what the timeline says of a pick-up; nothing where nobody wished for one."""
    if pickup_by is not None:
        return f"; the carrier collects it by {format_time(pickup_by)}"
    return "; no pick-up, the carrier does not offer it" if wished_within is not None else ""
