"""Follow the log of webhook events, which is read from its newest end."""

from dataclasses import dataclass
from itertools import islice

from makewhole_client import Makewhole
from makewhole_client.models import DeliveryStatus, MerchantEvent, WebhookEventAnswer, WebhookEventList

_A_PAGE, _REMEMBERED = 50, 5_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events."""

    refund_id: str | None
    order_id: str | None
    type: MerchantEvent | None
    endpoint_id: str | None
    status: DeliveryStatus | None


class EventLog:
    """Remembers what it has shown: two events of one instant may be entered in another order than they are listed."""

    def __init__(self, api: Makewhole, wanted: Wanted) -> None:
        self._api, self._wanted = api, wanted
        self._known: dict[str, None] = {}

    def newest(self, count: int) -> list[WebhookEventAnswer]:
        """Return the newest events, the oldest of them first; what was before is not shown later either."""
        found = self._page(None, most=max(count, _A_PAGE)).items
        if count > len(found):
            wanted = self._wanted
            every = self._api.iterate_webhook_events(
                refund_id=wanted.refund_id,
                order_id=wanted.order_id,
                type=wanted.type,
                endpoint_id=wanted.endpoint_id,
                status=wanted.status,
                limit=200,
            )
            found = list(islice(every, count))
        self._remember(found[::-1])
        return found[:count][::-1]

    def since_then(self) -> list[WebhookEventAnswer]:
        """Return what came since, the oldest first: page by page, until one has something that is known."""
        fresh: list[WebhookEventAnswer] = []
        cursor: str | None = None
        while True:
            page = self._page(cursor, most=_A_PAGE)
            unknown = [each for each in page.items if each.event_id not in self._known]
            fresh += unknown
            cursor = page.next
            if len(unknown) < len(page.items) or cursor is None:
                break
        self._remember(fresh[::-1])
        return fresh[::-1]

    def _page(self, cursor: str | None, *, most: int) -> WebhookEventList:
        wanted = self._wanted
        return self._api.list_webhook_events(
            refund_id=wanted.refund_id,
            order_id=wanted.order_id,
            type=wanted.type,
            endpoint_id=wanted.endpoint_id,
            status=wanted.status,
            cursor=cursor,
            limit=min(most, 200),
        )

    def _remember(self, events: list[WebhookEventAnswer]) -> None:
        self._known.update(dict.fromkeys(each.event_id for each in events))
        for forgotten in list(self._known)[:-_REMEMBERED]:
            del self._known[forgotten]
