# Written by `make client`; change the document, or the async half, instead.
"""Operations: campaigns."""

from makewhole_client.blocking.asking import Asks
from makewhole_client.calls import campaigns as calls
from makewhole_client.models import CampaignAnswer, CampaignBody


class CampaignsCalls(Asks):
    def put_campaign(self, campaign_id: str, body: CampaignBody) -> CampaignAnswer:
        """Store a campaign; orders that are booked from now on earn its reward."""
        return self._ask(calls.put_campaign(campaign_id, body))

    def get_campaign(self, campaign_id: str) -> CampaignAnswer:
        """Read a campaign."""
        return self._ask(calls.get_campaign(campaign_id))
