"""PayPal's webhooks: signed by a key of theirs over the delivery's id and time, our webhook's id, and a checksum."""

import zlib
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, Field

from domain import clock
from domain.money.amounts import Money
from domain.sale.disputes import DisputeStatus
from gateways import rsa
from gateways.paypal.account import PayPalAccount
from gateways.paypal.answers import PayPalAmount, status_of
from gateways.paypal.limits import CLOCKS_DIFFER_BY, WEBHOOKS_ARE_GOOD_FOR
from gateways.paypal.names import key_of_custom_id
from gateways.ports import Callback, ProviderDispute, ProviderEvent
from gateways.signatures import BadSignature

_ALGORITHM = "SHA256withRSA"
_REFUND, _DISPUTE = "refund", "dispute"
_RESOLVED = "RESOLVED"

_STAGES = {
    "INQUIRY": DisputeStatus.WARNING,  # the two talk, and PayPal has not been asked to decide
    "CHARGEBACK": DisputeStatus.OPENED,
    "PRE_ARBITRATION": DisputeStatus.OPENED,
    "ARBITRATION": DisputeStatus.OPENED,
}
_OUTCOMES = {
    "RESOLVED_BUYER_FAVOUR": DisputeStatus.LOST,
    "RESOLVED_SELLER_FAVOUR": DisputeStatus.WON,
    "CANCELED_BY_BUYER": DisputeStatus.WON,
    "DENIED": DisputeStatus.WON,
}
"""Of the others (RESOLVED_WITH_PAYOUT, ACCEPTED, NONE) nobody here knows who has the money."""

_Name = Annotated[str, Field(min_length=1, max_length=300)]
_Text = Annotated[str, Field(max_length=300)]


class PayPalDisputed(BaseModel):
    """A payment that a dispute is about."""

    seller_transaction_id: _Text | None = Field(default=None, description="The capture.")


class PayPalOutcome(BaseModel):
    """How a dispute ended."""

    outcome_code: _Text | None = Field(default=None, description="In whose favour.")
    amount_refunded: PayPalAmount | None = Field(default=None, description="How much the customer got.")


class PayPalResource(BaseModel):
    """What an event is about: a refund with our name of it, or a dispute; all else is left alone."""

    id: _Text | None = Field(default=None, description="PayPal's id of a refund.")
    status: _Text | None = Field(default=None, description="How it stands.")
    custom_id: _Text | None = Field(default=None, description="Our name of a refund.")
    invoice_id: _Text | None = Field(default=None, description="The same, or the merchant's of a payment.")
    acquirer_reference_number: _Text | None = Field(default=None, description="What a bank finds a refund by.")
    dispute_id: _Text | None = Field(default=None, description="PayPal's id of a dispute.")
    disputed_transactions: tuple[PayPalDisputed, ...] = Field(default=(), description="Which payments it is about.")
    dispute_amount: PayPalAmount | None = Field(default=None, description="How much is disputed.")
    dispute_life_cycle_stage: _Text | None = Field(default=None, description="How far a dispute has come.")
    dispute_outcome: PayPalOutcome | None = Field(default=None, description="How a dispute ended.")


class PayPalWebhook(BaseModel):
    """An event of PayPal's: what is not named here is not kept."""

    id: _Name = Field(description="The event's id, which is the same however often it is sent.")
    event_type: _Name = Field(description="What happened, for example `PAYMENT.CAPTURE.REFUNDED`.")
    resource_type: _Name = Field(description="What it is about, for example `refund`.")
    create_time: AwareDatetime = Field(description="When it happened.")
    resource: PayPalResource = Field(description="The same, as it was then.")

    @property
    def event(self) -> ProviderEvent | None:
        """What is said of a refund; nothing where the event is about something else."""
        about = self.resource
        if self.resource_type != _REFUND or not about.id:
            return None
        key = key_of_custom_id(about.custom_id or about.invoice_id or "")
        return ProviderEvent(key, status_of(about.status or ""), about.id, about.acquirer_reference_number)

    @property
    def dispute(self) -> ProviderDispute | None:
        """What is said of a dispute; nothing in other events."""
        about = self.resource
        if self.resource_type != _DISPUTE or not about.dispute_id:
            return None
        ended = about.dispute_outcome if about.status == _RESOLVED else None
        outcome, stage = (ended.outcome_code if ended else None) or "", about.dispute_life_cycle_stage or ""
        amount = (ended.amount_refunded if ended else None) or about.dispute_amount
        return ProviderDispute(
            about.dispute_id,
            tuple(each.seller_transaction_id for each in about.disputed_transactions if each.seller_transaction_id),
            _OUTCOMES.get(outcome) if about.status == _RESOLVED else _STAGES.get(stage),
            " ".join(each for each in (about.status, outcome or stage) if each),
            _counted(amount),
            self.create_time,
        )


def _counted(amount: PayPalAmount | None) -> Money | None:
    """An amount that can't be counted is not guessed."""
    with suppress(ValueError):
        return amount.money if amount else None
    return None


def hear(account: PayPalAccount, headers: Mapping[str, str], body: bytes) -> Callback:
    """Read an event that they signed for this webhook; raises BadSignature before it reads anything, or ValueError."""
    _verify(account, headers, body)
    webhook = PayPalWebhook.model_validate_json(body)
    return Callback(webhook.id, webhook.event, webhook.model_dump(mode="json"), webhook.dispute)


def _verify(account: PayPalAccount, headers: Mapping[str, str], body: bytes) -> None:
    delivery, moment = headers.get("paypal-transmission-id", ""), headers.get("paypal-transmission-time", "")
    if headers.get("paypal-auth-algo") != _ALGORITHM or not delivery:
        raise BadSignature
    try:
        age = clock.of_this_machine() - datetime.fromisoformat(moment)
    except (ValueError, TypeError) as unclear:  # TypeError: a time of nowhere
        raise BadSignature from unclear
    if not -CLOCKS_DIFFER_BY <= age <= WEBHOOKS_ARE_GOOD_FOR:
        raise BadSignature
    signed = f"{delivery}|{moment}|{account.webhook_id}|{zlib.crc32(body)}".encode()
    signature = headers.get("paypal-transmission-sig", "")
    if not any(rsa.is_signed_by(key, signature, signed) for key in account.webhook_keys):
        raise BadSignature
