"""Campaigns."""

from fastapi import APIRouter

from api import problems
from api.access import Merchant, ServicesDep
from api.described import described
from api.paths import CampaignId
from api.schemas.customers import CampaignAnswer, CampaignBody, RewardBody
from db import campaigns, journal
from domain.audit_actions import AuditAction
from domain.campaigns.campaigns import Campaign, CampaignKind, Reward

router = APIRouter(prefix="/v1/campaigns/{campaign_id}", tags=["campaigns"])


@router.put("", **described("putCampaign"))
async def put_campaign(
    campaign_id: CampaignId, body: CampaignBody, services: ServicesDep, caller: Merchant
) -> CampaignAnswer:
    """Store a campaign; orders that are booked from now on earn its reward."""
    _check(body)
    campaign = Campaign(
        campaign_id=campaign_id,
        name=body.name,
        kind=body.kind,
        starts_at=body.starts_at,
        ends_at=body.ends_at,
        currency=body.currency,
        high_value=body.high_value,
        threshold=body.threshold or 0,
        repeat=body.repeat,
        limit_per_customer=body.limit_per_customer or 0,
        reward=Reward(body.reward.kind, body.reward.amount) if body.reward else None,
        discount=body.discount or 0,
        restore_on_refund=body.restore_on_refund,
    )
    async with services.engine.begin() as connection:
        await campaigns.put(connection, caller.merchant_id, campaign)
        detail = body.model_dump(mode="json") | {"campaign_id": campaign_id}
        note = journal.Note(AuditAction.CAMPAIGN_CHANGED, f"the campaign {campaign_id} is told", caller.name, detail)
        await journal.record_of_merchant(connection, caller.merchant_id, note)
    return _answer(campaign)


@router.get("", **described("getCampaign", "not_found"))
async def get_campaign(campaign_id: CampaignId, services: ServicesDep, caller: Merchant) -> CampaignAnswer:
    """Read a campaign."""
    async with services.snapshots.connect() as connection:
        campaign = await campaigns.find(connection, caller.merchant_id, campaign_id)
    if campaign is None:
        raise problems.not_found(f"campaign {campaign_id!r}")
    return _answer(campaign)


def _check(body: CampaignBody) -> None:
    """Refuse what contradicts itself."""
    if (body.kind is CampaignKind.LIMITED) != (body.limit_per_customer is not None):
        raise problems.wrong_field("/limit_per_customer", "it belongs to a limited campaign, which must have one")
    if body.ends_at < body.starts_at:
        raise problems.wrong_field("/ends_at", "a campaign can't end before it begins")
    if body.kind is CampaignKind.SPEND_THRESHOLD and body.threshold is None:
        raise problems.wrong_field("/threshold", "a spend_threshold campaign says from which spend it rewards")
    if body.threshold == 0:
        raise problems.wrong_field("/threshold", "it must be above zero: everybody has spent nothing")
    if body.repeat and not body.threshold:
        raise problems.wrong_field("/repeat", "only a threshold above zero can be reached again")
    if body.kind is not CampaignKind.SPEND_THRESHOLD and (body.threshold is not None or body.reward):
        raise problems.wrong_field("/threshold", "threshold and reward belong to a spend_threshold campaign")


def _answer(campaign: Campaign) -> CampaignAnswer:
    is_threshold = campaign.kind is CampaignKind.SPEND_THRESHOLD
    reward = campaign.reward
    return CampaignAnswer(
        campaign_id=campaign.campaign_id,
        name=campaign.name,
        kind=campaign.kind,
        starts_at=campaign.starts_at,
        ends_at=campaign.ends_at,
        currency=campaign.currency,
        high_value=campaign.high_value,
        threshold=campaign.threshold if is_threshold else None,
        repeat=campaign.repeat,
        limit_per_customer=campaign.limit_per_customer or None,
        reward=RewardBody(kind=reward.kind, amount=reward.amount) if reward else None,
        discount=campaign.discount if campaign.kind is CampaignKind.FIRST_PURCHASE else None,
        restore_on_refund=campaign.restore_on_refund,
    )
