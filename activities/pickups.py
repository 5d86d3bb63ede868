"""Having a return collected where the customer wished so and the carrier offers it (rule 32)."""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from activities.refunds import RefundRef
from activities.telling import About, locale_of, spoken_time, tell
from db import policies, refunds
from domain.durations import span
from domain.messages import Catalogue, Topic


class Pickups:
    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    async def wished_within(self, connection: AsyncConnection, ref: RefundRef) -> timedelta | None:
        """Return how soon the return is to be collected, None where the customer brings it to the carrier."""
        refund = await refunds.get(connection, ref.refund_id)
        policy = await policies.at_version(connection, ref.merchant_id, refund.policy_version)
        return span(policy.pickup_within) if refund.pickup else None

    async def tell(self, connection: AsyncConnection, ref: RefundRef, rma: str, pickup_by: datetime) -> None:
        refund = await refunds.get(connection, ref.refund_id)
        about = About(ref.merchant_id, refund.customer_id, ref.refund_id)
        locale = await locale_of(connection, self._catalogue, about)
        policy = await policies.of_refund(connection, ref.refund_id)
        facts = {"order": refund.order_id, "pickup_by": self._catalogue.moment(locale, pickup_by, policy.time_zone)}
        await tell(connection, self._catalogue, about, Topic.PICKUP_ARRANGED, rma, facts)


def pickup_news(wished_within: timedelta | None, pickup_by: datetime | None) -> str:
    """Return what the timeline says of a pick-up; nothing where nobody wished for one."""
    if pickup_by is not None:
        return f"; the carrier collects it by {spoken_time(pickup_by)}"
    return "; no pick-up, the carrier does not offer it" if wished_within is not None else ""
