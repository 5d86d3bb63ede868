"""Adyen's standard webhooks: an item each, signed by an HMAC over what names it, its amount and its outcome."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, Field

from domain import spelling
from domain.money.amounts import Money
from domain.sale.disputes import DisputeStatus
from gateways.adyen.account import AdyenAccount
from gateways.adyen.told import CAMEL, OF_REFUNDS, AdyenTold
from gateways.adyen.units import to_ours
from gateways.ports import Callback, ProviderDispute, ProviderEvent
from gateways.refund_names import key_of
from gateways.signatures import BadSignature

ACKNOWLEDGED = "[accepted]"
"""What they want to hear, beside a 2xx."""

_LOST = ("Lost", "Accepted", "Expired", "Undefended")
_DISPUTES = {
    "NOTIFICATION_OF_FRAUD": DisputeStatus.WARNING,
    "REQUEST_FOR_INFORMATION": DisputeStatus.WARNING,
    "NOTIFICATION_OF_CHARGEBACK": DisputeStatus.OPENED,
    "CHARGEBACK": DisputeStatus.OPENED,
    "CHARGEBACK_REVERSED": DisputeStatus.OPENED,  # defended, and the bank may charge it back once more
    "PREARBITRATION_OPEN": DisputeStatus.OPENED,
    "PREARBITRATION_LOST": DisputeStatus.LOST,
    "PREARBITRATION_WON": DisputeStatus.WON,
    "SECOND_CHARGEBACK": DisputeStatus.LOST,
    "ISSUER_RESPONSE_TIMEFRAME_EXPIRED": DisputeStatus.WON,
    "DISPUTE_DEFENSE_PERIOD_ENDED": None,
    "INFORMATION_SUPPLIED": None,
    "ISSUER_COMMENTS": None,
}
"""What they are about, where `disputeStatus` says no more; of the last three nobody here knows who has the money."""

_WARNINGS = ("NOTIFICATION_OF_FRAUD", "REQUEST_FOR_INFORMATION")

_Name = Annotated[str, Field(max_length=300)]
_Reference = Annotated[str, Field(min_length=1, max_length=300), AfterValidator(spelling.storable)]
"""Of a report it is the name of a file (docs.adyen.com/reporting/automatically-get-reports, read on 2026-11-30)."""


class AdyenAmount(BaseModel):
    """In Adyen's minor units."""

    currency: Annotated[str, Field(min_length=3, max_length=3)] = Field(description="In which currency.")
    value: int = Field(description="How much, in Adyen's minor units.")


class AdyenAdditionalData(BaseModel):
    """What goes with an item: its signature, and what a bank or a dispute adds."""

    model_config = CAMEL

    hmac_signature: _Name = Field(description="The HMAC of the item, in base64.")
    arn: _Name | None = Field(default=None, description="What a bank finds a refund by.")
    dispute_status: _Name | None = Field(default=None, description="How a dispute stands.")


class AdyenItem(BaseModel):
    """Something that happened: what is not named here is not kept."""

    model_config = CAMEL

    event_code: Annotated[str, Field(min_length=1, max_length=100)] = Field(description="What, for example `REFUND`.")
    success: Annotated[str, Field(pattern=r"^(true|false)$")] = Field(description="Whether it was done: `true`.")
    psp_reference: _Reference = Field(description="Adyen's reference of the refund or the dispute.")
    original_reference: Annotated[str, Field(pattern=r"^[0-9A-Za-z]{0,32}$")] = Field(
        default="", description="Adyen's reference of the payment."
    )
    merchant_account_code: _Name = Field(description="The merchant account.")
    merchant_reference: _Name = Field(default="", description="Our name of the refund.")
    amount: AdyenAmount = Field(description="How much.")
    event_date: AwareDatetime = Field(description="When it happened.")
    reason: Annotated[str, Field(max_length=1_000)] = Field(default="", description="Why it was not done.")
    additional_data: AdyenAdditionalData = Field(description="Its signature, and more.")

    @property
    def told(self) -> AdyenTold:
        more = self.additional_data
        kept = self.model_dump(exclude={"amount", "additional_data", "merchant_account_code"})
        return AdyenTold(**kept, **self.amount.model_dump(), arn=more.arn, dispute_status=more.dispute_status)

    @property
    def event(self) -> ProviderEvent | None:
        if self.event_code not in OF_REFUNDS:
            return None
        told = self.told
        return ProviderEvent(key_of(self.merchant_reference), told.status, self.psp_reference, told.arn)

    @property
    def dispute(self) -> ProviderDispute | None:
        if self.event_code not in _DISPUTES:
            return None
        stands = self.additional_data.dispute_status or ""
        return ProviderDispute(
            self.psp_reference,
            tuple(each for each in (self.original_reference,) if each),
            self._dispute_status(stands),
            f"{self.event_code} {stands}".strip(),
            self._amount,
            self.event_date,
        )

    def _dispute_status(self, stands: str) -> DisputeStatus | None:
        if self.event_code in _WARNINGS:
            return DisputeStatus.WARNING
        if stands in _LOST:
            return DisputeStatus.LOST
        return DisputeStatus.WON if stands == "Won" else _DISPUTES[self.event_code]

    @property
    def _amount(self) -> Money | None:
        """An amount that can't be counted is not guessed; nor is none the amount of a dispute."""
        with suppress(ValueError):
            return to_ours(self.amount.value, self.amount.currency) if self.amount.value else None
        return None


class AdyenItemWrapper(BaseModel):
    """An item, in the wrapper that Adyen gives it."""

    notification_request_item: AdyenItem = Field(alias="NotificationRequestItem", description="The item.")


class AdyenWebhook(BaseModel):
    """A standard webhook of Adyen's, as JSON: it has one item."""

    model_config = CAMEL

    live: _Name = Field(description="`true` in the live environment.")
    notification_items: Annotated[tuple[AdyenItemWrapper, ...], Field(min_length=1, max_length=1)] = Field(
        description="The item."
    )


def hear(account: AdyenAccount, body: bytes) -> Callback:
    """Read an item that they signed for this merchant account; raises BadSignature, or ValueError."""
    _verify(account, body)
    item = AdyenWebhook.model_validate_json(body).notification_items[0].notification_request_item
    kept: dict[str, Any] = item.told.model_dump(mode="json", by_alias=True)
    return Callback(_id_of(item), item.event, kept, item.dispute)


def _id_of(item: AdyenItem) -> str:
    """An item has no id: it comes again with the same code and reference, and another outcome is other news."""
    parts = (item.event_code, item.psp_reference, item.success, item.additional_data.dispute_status or "")
    return "-".join(part for part in parts if part)


def _verify(account: AdyenAccount, body: bytes) -> None:
    try:
        items = json.loads(body)["notificationItems"]
        signed = [_signed(each["NotificationRequestItem"]) for each in items]
    except (ValueError, KeyError, TypeError) as unclear:
        raise BadSignature from unclear
    if not signed or not all(_is_signed(account, *each) for each in signed):
        raise BadSignature
    if any(each["NotificationRequestItem"]["merchantAccountCode"] != account.merchant_account for each in items):
        raise BadSignature


def _signed(item: Mapping[str, Any]) -> tuple[bytes, str]:
    amount = item["amount"]
    parts = [item["pspReference"], item.get("originalReference", ""), item["merchantAccountCode"]]
    parts += [item.get("merchantReference", ""), amount["value"], amount["currency"]]
    parts += [item["eventCode"], item["success"]]
    return ":".join(str(part) for part in parts).encode(), str(item["additionalData"]["hmacSignature"])


def _is_signed(account: AdyenAccount, content: bytes, signature: str) -> bool:
    made = (base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()) for key in account.hmac_keys)
    return any(hmac.compare_digest(each, signature.encode()) for each in made)
