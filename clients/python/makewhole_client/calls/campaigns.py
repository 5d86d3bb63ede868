# Written by `make client`; change the document, or the async half, instead.
"""Requests: campaigns."""

from makewhole_client import call
from makewhole_client.call import Call
from makewhole_client.models import CampaignAnswer, CampaignBody


def put_campaign(campaign_id: str, body: CampaignBody) -> Call[CampaignAnswer]:
    return Call("PUT", f"/v1/campaigns/{call.in_path(campaign_id)}", call.json_of(CampaignAnswer), body=body)


def get_campaign(campaign_id: str) -> Call[CampaignAnswer]:
    return Call("GET", f"/v1/campaigns/{call.in_path(campaign_id)}", call.json_of(CampaignAnswer))
