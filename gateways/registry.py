"""Which payment gateways and carriers there are: a line for each says how it is opened and its webhooks are read."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from domain.money.amounts import Money
from domain.payout.limits import NO_LIMITS, RefundLimits
from gateways import parcel_webhooks
from gateways.adyen import account as adyen_account
from gateways.adyen import webhooks as adyen_webhooks
from gateways.adyen.gateway import AdyenGateway
from gateways.alipay import account as alipay_account
from gateways.alipay import webhooks as alipay_webhooks
from gateways.alipay.gateway import AlipayGateway
from gateways.karrio import account as karrio_account
from gateways.paypal import account as paypal_account
from gateways.paypal import webhooks as paypal_webhooks
from gateways.paypal.gateway import PayPalGateway
from gateways.ports import Callback, HeardWebhooks, LabelMaker, PaymentGateway
from gateways.refund_limits import limits_of
from gateways.sandbox import behaviours, carrier, gateway, webhooks
from gateways.stripe import webhooks as stripe_webhooks
from gateways.stripe.account import StripeAccount
from gateways.stripe.gateway import StripeGateway
from gateways.wechat_pay import account as wechat_pay_account
from gateways.wechat_pay import webhooks as wechat_pay_webhooks
from gateways.wechat_pay.gateway import WeChatPayGateway

Capture = Callable[[AsyncConnection, str, str, str, Money], Awaitable[None]]
Hear = Callable[[Sequence[str], Mapping[str, str], bytes], Callback]
HearAsAccount = Callable[["Credentials", Mapping[str, str], bytes], Callback]


@dataclass(frozen=True, slots=True)
class Provider:
    """`webhook` is what it posts to /v1/webhooks/{its name}.

    `hear` reads that, given the secrets that may have signed it; it raises BadSignature, or ValueError.
    `capture` books a payment of an order, where the gateway stands in for a provider that took the money.
    `limits` says what it allows of refunds of a charge.
    """

    open: Callable[[AsyncEngine], PaymentGateway]
    webhook: type[webhooks.SandboxWebhook]
    hear: Hear
    capture: Capture | None
    limits: Callable[[str], RefundLimits]


PROVIDERS: Mapping[str, Provider] = {
    "sandbox": Provider(
        open=gateway.SandboxGateway,
        webhook=webhooks.SandboxWebhook,
        hear=webhooks.hear,
        capture=gateway.capture,
        limits=lambda charge_ref: limits_of("sandbox") if behaviours.is_limited(charge_ref) else NO_LIMITS,
    ),
}


@dataclass(frozen=True, slots=True)
class Credentials:
    """A merchant's account as adapters need it."""

    secrets: Mapping[str, str] = field(repr=False)
    account: str = ""
    base_address: str = ""


@dataclass(frozen=True, slots=True)
class Adapter:
    """A provider at whom merchants have accounts: the secrets it needs, how one is opened and its webhooks are read.

    What is opened may read what the account's webhooks have told.

    `acknowledges` is what a webhook has to be answered with, letter by letter, where they want that.
    `faults` says what is wrong with what was told of an account, a sentence for each field, when all of it is there.
    `settlement_format` is the format of the reports that it gives by itself; then what it opens is ReportsSettlements.
    `limits` is what it allows of refunds of one payment. `look_in` is where people see all of them, of a provider who
    lists them to no program: what it told by webhook is all that is known.
    """

    needs: tuple[str, ...]
    faults: Callable[[Credentials], Mapping[str, str]]
    open: Callable[[Credentials, HeardWebhooks], PaymentGateway]
    webhook: type[BaseModel]
    hear: HearAsAccount
    acknowledges: str = ""
    settlement_format: str | None = None
    limits: RefundLimits = NO_LIMITS
    look_in: str = ""


def _no_faults(_: Credentials) -> Mapping[str, str]:
    """They alone know whether a key is one of theirs."""
    return {}


def _open_stripe(credentials: Credentials, _: HeardWebhooks) -> PaymentGateway:
    api_key = credentials.secrets["api_key"]
    return StripeGateway(StripeAccount(api_key, credentials.account, credentials.base_address))


def _hear_stripe(credentials: Credentials, headers: Mapping[str, str], body: bytes) -> Callback:
    return stripe_webhooks.hear(credentials.secrets[WEBHOOK_SECRETS].split(), headers, body)


def _read_adyen(credentials: Credentials) -> adyen_account.AdyenAccount:
    return adyen_account.read(credentials.account, credentials.secrets, credentials.base_address)


def _read_alipay(credentials: Credentials) -> alipay_account.AlipayAccount:
    return alipay_account.read(credentials.account, credentials.secrets, credentials.base_address)


def _read_paypal(credentials: Credentials) -> paypal_account.PayPalAccount:
    return paypal_account.read(credentials.account, credentials.secrets, credentials.base_address)


def _read_wechat_pay(credentials: Credentials) -> wechat_pay_account.WeChatPayAccount:
    return wechat_pay_account.read(credentials.account, credentials.secrets, credentials.base_address)


WEBHOOK_SECRETS = "webhook_secrets"
"""The name of the secrets, separated by spaces, that may have signed an account's webhooks."""

ADAPTERS: Mapping[str, Adapter] = {
    "stripe": Adapter(
        needs=("api_key", WEBHOOK_SECRETS),
        faults=_no_faults,
        open=_open_stripe,
        webhook=stripe_webhooks.StripeWebhook,
        hear=_hear_stripe,
        settlement_format="stripe",
        limits=limits_of("stripe"),
    ),
    "adyen": Adapter(
        needs=adyen_account.NEEDS,
        faults=lambda credentials: adyen_account.faults(credentials.account, credentials.secrets),
        open=lambda credentials, heard: AdyenGateway(_read_adyen(credentials), heard),
        webhook=adyen_webhooks.AdyenWebhook,
        hear=lambda credentials, _, body: adyen_webhooks.hear(_read_adyen(credentials), body),
        acknowledges=adyen_webhooks.ACKNOWLEDGED,
        limits=limits_of("adyen"),
        look_in="Adyen's Customer Area",
    ),
    "alipay": Adapter(
        needs=alipay_account.NEEDS,
        faults=lambda credentials: alipay_account.faults(credentials.account, credentials.secrets),
        open=lambda credentials, _: AlipayGateway(_read_alipay(credentials)),
        webhook=alipay_webhooks.AlipayWebhook,
        hear=lambda credentials, _, body: alipay_webhooks.hear(_read_alipay(credentials), body),
        acknowledges=alipay_webhooks.ACKNOWLEDGED,
        limits=limits_of("alipay"),
    ),
    "paypal": Adapter(
        needs=paypal_account.NEEDS,
        faults=lambda credentials: paypal_account.faults(credentials.account, credentials.secrets),
        open=lambda credentials, _: PayPalGateway(_read_paypal(credentials)),
        webhook=paypal_webhooks.PayPalWebhook,
        hear=lambda credentials, headers, body: paypal_webhooks.hear(_read_paypal(credentials), headers, body),
        settlement_format="paypal_search",
        limits=limits_of("paypal"),
    ),
    "wechat_pay": Adapter(
        needs=wechat_pay_account.NEEDS,
        faults=lambda credentials: wechat_pay_account.faults(credentials.account, credentials.secrets),
        open=lambda credentials, _: WeChatPayGateway(_read_wechat_pay(credentials)),
        webhook=wechat_pay_webhooks.WeChatPayWebhook,
        hear=lambda credentials, headers, body: wechat_pay_webhooks.hear(_read_wechat_pay(credentials), headers, body),
        settlement_format="wechat_pay",
        limits=limits_of("wechat_pay"),
    ),
}


PAYERS = (*PROVIDERS, *ADAPTERS)
"""Everybody who is asked for payouts: each has a task queue of its own."""


def open_named(engine: AsyncEngine, names: Sequence[str]) -> dict[str, PaymentGateway]:
    """Open the gateways that payments may name here; raises ValueError for one that there is not."""
    for name in names:
        if name not in PROVIDERS:
            raise ValueError(f"MAKEWHOLE_GATEWAYS names {name!r}: there is {', '.join(PROVIDERS)}")
    return {name: PROVIDERS[name].open(engine) for name in names}


@dataclass(frozen=True, slots=True)
class AtCarrier:
    """A merchant's account at a carrier as adapters need it: `settings` are told in the open, `secrets` are not."""

    settings: Mapping[str, Any]
    secrets: Mapping[str, str] = field(repr=False)
    base_address: str = ""


@dataclass(frozen=True, slots=True)
class CarrierAdapter:
    """`lacks` says what is wrong with an account, by its places in the body; `hear` reads what its carrier posts."""

    lacks: Callable[[AtCarrier], Mapping[str, str]]
    open: Callable[[AtCarrier], LabelMaker]
    webhook: type[BaseModel]
    hear: Hear


def _at_karrio(account: AtCarrier) -> karrio_account.KarrioAccount:
    connection = {name: value for name, value in account.secrets.items() if name != WEBHOOK_SECRETS}
    return karrio_account.account_of(account.settings, connection, account.base_address)


def _karrio_lacks(account: AtCarrier) -> Mapping[str, str]:
    if find_spec("karrio") is None:
        return {"/adapter": "karrio is not installed here: it is the extra `karrio` of makewhole"}
    from gateways.karrio.lacks import what_it_lacks  # an extra, and half a second to import

    return what_it_lacks(_at_karrio(account))


def _open_karrio(account: AtCarrier) -> LabelMaker:
    from gateways.karrio.carrier import KarrioCarrier  # an extra: whoever has no carriers there does without it

    return KarrioCarrier(_at_karrio(account))


CARRIERS: Mapping[str, CarrierAdapter] = {
    "karrio": CarrierAdapter(_karrio_lacks, _open_karrio, parcel_webhooks.ParcelWebhook, parcel_webhooks.hear),
}


def open_carrier(engine: AsyncEngine, names: Sequence[str]) -> carrier.SandboxCarrier | None:
    """Open the carrier that is there for every merchant, where it is named among the gateways."""
    return carrier.SandboxCarrier(engine) if carrier.NAME in names else None
