"""A gateway is named in one place: orders, webhooks and secrets go by that."""

from db.api_keys import Role
from gateways.registry import DEFAULT, PROVIDERS
from settings import webhook_secrets
from tests.shop import Shop


async def test_an_order_is_told_which_gateways_there_are(shop: Shop) -> None:
    body = shop.order_body()
    body["payments"][0]["gateway"] = "elsewhere"

    answer = await shop.raw(Role.MERCHANT, "PUT", "/v1/orders/o1", json=body)

    assert answer.status_code == 422
    assert all(name in answer.text for name in ("elsewhere", *PROVIDERS))


def test_a_payment_that_names_no_gateway_has_one() -> None:
    assert DEFAULT in PROVIDERS


def test_every_source_of_webhooks_has_secrets_of_its_own() -> None:
    environment = {
        "MAKEWHOLE_SANDBOX_WEBHOOK_SECRETS": "new old",
        "MAKEWHOLE_OTHER_WEBHOOK_SECRETS": "third",
        "MAKEWHOLE_SANDBOX_WEBHOOK_URL": "http://127.0.0.1",
    }

    assert webhook_secrets(environment) == {"sandbox": ("new", "old"), "other": ("third",)}
