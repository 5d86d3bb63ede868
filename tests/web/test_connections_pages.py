"""An owner connects systems and payment providers on pages: a secret is shown once, and what lacks is said by name."""

from db.api_keys import Role
from tests.shop import Shop
from tests.web.staff import signed_in

HOOKS, GATEWAYS = "/pages/operations/webhooks", "/pages/operations/gateways"


async def test_an_endpoint_is_added_switched_and_given_a_new_secret_that_is_shown_once(shop: Shop) -> None:
    browser, _ = await signed_in(shop, Role.OWNER)
    typed = {"endpoint_id": "erp-1", "url": "https://shop.example/hooks", "event.refund.completed": "yes"}

    added = await browser.send(await browser.open(HOOKS), HOOKS, **typed)
    again = await browser.send(added, HOOKS, **typed)
    off = await browser.send(added, f"{HOOKS}/erp-1/state")
    rotated = await browser.send(off, f"{HOOKS}/erp-1/secret", overlap="PT0S")

    endpoint = (await shop.owner.get("/v1/webhook-endpoints"))["items"][0]
    assert (endpoint["endpoint_id"], endpoint["event_types"]) == ("erp-1", ["refund.completed"])
    assert "whsec_" in added.text and again.status == 422 and "not taken yet" in again.text
    assert (endpoint["enabled"], off.address.endswith("?done=changed")) == (False, True)
    assert rotated.text.count("whsec_") == 1 and "whsec_" not in (await browser.open(HOOKS)).text


async def test_an_address_that_may_not_be_is_refused_at_its_field(shop: Shop) -> None:
    browser, page = await signed_in(shop, Role.OWNER, to=HOOKS)
    page = await browser.open(HOOKS)

    refused = await browser.send(page, HOOKS, endpoint_id="inside", url="http://10.0.0.1/")

    assert refused.status == 422 and 'id="url-fault"' in refused.html
    assert refused.form(HOOKS).fields["url"] == "http://10.0.0.1/"


async def test_what_an_account_lacks_is_said_by_name_and_its_secrets_are_never_shown_again(shop: Shop) -> None:
    browser, _ = await signed_in(shop, Role.OWNER)
    page = await browser.open(f"{GATEWAYS}?adapter=stripe")
    key = {"gateway_id": "cards", "secret.api_key": "sk_test_123"}

    lacking = await browser.send(page, GATEWAYS, **key)
    kept = await browser.send(lacking, GATEWAYS, **key, **{"secret.webhook_secrets": "whsec_abc"})
    change = await browser.open(f"{GATEWAYS}?change=cards")
    changed = await browser.send(change, GATEWAYS, account="acct_1")

    assert lacking.status == 422 and "stripe needs webhook_secrets" in lacking.text
    assert kept.address.endswith("?done=told") and "api_key, webhook_secrets" in kept.text
    assert (await shop.owner.get("/v1/gateways/cards"))["account"] == "acct_1"
    for seen in (lacking, kept, change, changed):
        assert "sk_test_123" not in seen.html and "whsec_abc" not in seen.html


async def test_connections_are_for_owners(shop: Shop) -> None:
    ops, _ = await signed_in(shop, Role.OPS)

    assert [(await ops.open(path)).status for path in (HOOKS, GATEWAYS)] == [403, 403]
    assert (await ops.post(HOOKS, {"endpoint_id": "x"})).status == 403
