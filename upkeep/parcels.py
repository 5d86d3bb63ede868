"""Carriers are asked how far parcels have come: a fallback for those whose webhooks don't come, and with an end.

A parcel is asked about less often the longer it takes, and not any more when it has arrived, its label is void, or its
refund waits for no goods.
"""

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client

from db import refunds, return_labels
from db.engine import snapshots
from db.return_labels import StoredLabel
from domain.lifecycle import RefundStatus
from gateways.ports import ParcelState
from service.carrier_accounts import Carriers
from temporal_client.parcel_events import note_parcel_news, tell_refund
from upkeep.keepers import Keeper, each_by_itself, one_at_a_time

NAME = "look_after_parcels"
_EVERY = timedelta(seconds=30)
_AT_ONCE = 50
_LOCK = 0x70617263
MOST_LOOKS = 60
_FIRST_AFTER, _LATER_AFTER = timedelta(hours=6), timedelta(days=1)
_OFTEN = 28
"""So many looks of six hours are a week; then one a day for a month."""


class Parcels:
    def __init__(self, client: Client, engine: AsyncEngine, carriers: Carriers) -> None:
        self._client = client
        self._engine = engine
        self._carriers = carriers

    @property
    def keeper(self) -> Keeper:
        return Keeper(NAME, _EVERY, one_at_a_time(self._engine, _LOCK, self.look_at_some))

    async def look_at_some(self) -> None:
        """Look at parcels that are due; each is due again later before anybody is asked, whatever comes of it."""
        async with self._engine.begin() as connection:
            due = await return_labels.take_due(
                connection, _AT_ONCE, often=_OFTEN, most=MOST_LOOKS, after=(_FIRST_AFTER, _LATER_AFTER)
            )
        await each_by_itself("look at parcel", due, self.look_at)

    async def look_at(self, label: StoredLabel) -> None:
        """Tell the refund what it was not told, else ask the carrier; or look at this parcel no more."""
        async with snapshots(self._engine).connect() as connection:
            refund = await refunds.get(connection, label.refund_id)
        is_waited_for = not RefundStatus(refund.status).is_final and refund.settled_at is None
        if label.tracked is not None and label.told_at is None:
            await tell_refund(self._client, self._engine, label)
        elif is_waited_for and label.tracked != ParcelState.DELIVERED:
            for news in await self._carriers.track(label):
                await note_parcel_news(self._client, self._engine, news, label.carrier_id, label.merchant_id)
        else:
            async with self._engine.begin() as connection:
                await return_labels.look_no_more(connection, label)
