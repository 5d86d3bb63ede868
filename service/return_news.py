"""What a customer is told of a label in the transaction in which it is made: a pick-up (rule 32), another label."""

from datetime import datetime, timedelta

from domain.deadlines import format_time
from domain.explain.messages import Catalogue, Topic
from domain.policy import Policy
from service.notifying import About, locale_of, notify
from service.steps import RefundTransaction


class ReturnNews:
    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    async def pickup(self, tx: RefundTransaction, policy: Policy, rma: str, pickup_by: datetime) -> None:
        """The carrier collects the parcel."""
        about = _about(tx)
        locale = await locale_of(tx.connection, self._catalogue, about)
        facts = {"order": tx.refund.order_id, "pickup_by": self._catalogue.moment(locale, pickup_by, policy.time_zone)}
        await notify(tx.connection, self._catalogue, about, Topic.PICKUP_ARRANGED, rma, facts)

    async def another_label(self, tx: RefundTransaction, policy: Policy, rma: str, deliver_by: datetime) -> None:
        """The label that the customer was told of is void, and there is another one."""
        about = _about(tx)
        locale = await locale_of(tx.connection, self._catalogue, about)
        last_day = self._catalogue.deadline(locale, deliver_by, policy.time_zone)
        facts = {"order": tx.refund.order_id, "deliver_by": last_day}
        await notify(tx.connection, self._catalogue, about, Topic.LABEL_READY, rma, facts)


def pickup_news(wished_within: timedelta | None, pickup_by: datetime | None) -> str:
    """Return what the timeline says of a pick-up; nothing where nobody wished for one."""
    if pickup_by is not None:
        return f"; the carrier collects it by {format_time(pickup_by)}"
    return "; no pick-up, the carrier does not offer it" if wished_within is not None else ""


def _about(tx: RefundTransaction) -> About:
    return About(tx.ref.merchant_id, tx.refund.receiver, tx.ref.refund_id)
