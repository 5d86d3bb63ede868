"""A merchant's account at a payment provider."""

from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, Field

from api.schemas.common import Id, Reference, Wire
from gateways.registry import ADAPTERS


def _sent_in_headers(text: str) -> str:
    """Say where it is wrong and not what it is: keys and names of accounts go into headers, which are ASCII."""
    strange = next((place for place, letter in enumerate(text, 1) if not letter.isascii()), None)
    if strange is not None:
        raise ValueError(f"providers' keys and accounts are plain ASCII; here is another character at place {strange}")
    return text


Secret = Annotated[str, Field(min_length=1, max_length=8_000), AfterValidator(_sent_in_headers)]


class LimitsBody(Wire):
    """What the merchant's contract allows of refunds of one payment; what is null is as the provider says."""

    within_days: Annotated[int, Field(ge=1, le=3_650)] | None = Field(
        default=None, description="For how many days after it was made a payment is paid back."
    )
    most_refunds: Annotated[int, Field(ge=1, le=100_000)] | None = Field(
        default=None, description="In how many refunds at most."
    )
    seconds_between: Annotated[int, Field(ge=0, le=86_400)] | None = Field(
        default=None, description="How many seconds two refunds of it are apart."
    )


class GatewayBody(Wire):
    """What has to be known of an account so that its payments can be paid back."""

    adapter: Id = Field(description=f"Whose account it is: {', '.join(ADAPTERS)}.")
    account: Annotated[Reference, AfterValidator(_sent_in_headers)] = Field(
        default="",
        description="The provider's name of the account that the key acts for, as `acct_1`. Left out: the key's own. "
        "For `wechat_pay` the merchant's number, `mchid`, for `alipay` the application's id, `app_id`, for "
        "`paypal` the REST app's client id, for `adyen` the merchant account.",
    )
    base_address: Annotated[str, Field(max_length=300)] = Field(
        default="",
        description="Where the provider is, if not at its usual address; one of those that "
        "`MAKEWHOLE_GATEWAY_ADDRESSES` allows.",
    )
    secrets: dict[Id, Secret] = Field(
        default_factory=dict,
        max_length=20,
        description="By name, for `stripe`: `api_key`, and `webhook_secrets` (separated by spaces while one replaces "
        "another, the newest first); for `wechat_pay`: `app_id`, `private_key`, `certificate_serial`, `api_v3_key`, "
        "`api_v2_key` and `platform_keys` (each public key after its id, and certificates); for `alipay`: "
        "`private_key` and `alipay_public_key`; for `paypal`: `client_secret`, `webhook_id` and "
        "`webhook_certificates`; for `adyen`: `api_key`, `hmac_keys` (several, as `webhook_secrets`) and "
        "`live_url_prefix`. They are never shown again. One that is left out stays as it is, unless adapter or address "
        "change.",
    )
    limits: LimitsBody | None = Field(
        default=None,
        description="What your contract allows of refunds of one payment, in place of what the provider says of "
        "everybody. Left out: it stays as it is, unless the adapter changes. Null: as the provider says.",
    )


class GatewayAnswer(Wire):
    """An account as it is stored, without its secrets."""

    gateway_id: Id = Field(description="What payments name it by in `gateway`.")
    adapter: Id = Field(description="Whose account it is.")
    account: str = Field(description="The provider's name of the account; empty for the key's own.")
    base_address: str = Field(description="Where the provider is; empty for its usual address.")
    secrets: list[Id] = Field(description="The names of the secrets that are kept, encrypted.")
    limits: LimitsBody = Field(description="What is kept to for refunds of one payment; null where nobody knows.")
    callback_path: str = Field(description="Where the provider posts its webhooks to, below this server's address.")
    updated_at: AwareDatetime | None = Field(description="When it was told last.")


class AdapterAnswer(Wire):
    """A payment provider that makewhole speaks with."""

    adapter: Id = Field(description="What it is called.")
    secrets: list[Id] = Field(description="The secrets that an account of it needs, by name.")
    limits: LimitsBody = Field(
        description="What it says to everybody of refunds of one payment; null where it says nothing."
    )


class GatewayList(Wire):
    """All accounts of a merchant, and what there may be accounts of."""

    items: list[GatewayAnswer] = Field(description="The accounts, by their names.")
    next: str | None = Field(default=None, description="Always null: there are at most twenty.")
    adapters: list[AdapterAnswer] = Field(description="What there may be accounts of, and what these need.")
