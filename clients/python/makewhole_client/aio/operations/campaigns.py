# Written by `make client`; change the document, or the async half, instead.
"""Operations: campaigns."""

from makewhole_client.aio.asking import AsyncAsks
from makewhole_client.calls import campaigns as calls
from makewhole_client.models import CampaignAnswer, CampaignBody


class AsyncCampaignsCalls(AsyncAsks):
    async def put_campaign(self, campaign_id: str, body: CampaignBody) -> CampaignAnswer:
        """Store a campaign; orders that are booked from now on earn its reward."""
        return await self._ask(calls.put_campaign(campaign_id, body))

    async def get_campaign(self, campaign_id: str) -> CampaignAnswer:
        """Read a campaign."""
        return await self._ask(calls.get_campaign(campaign_id))
