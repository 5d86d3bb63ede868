"""An owner connects systems and payment providers on pages: a secret is shown once, and what lacks is said by name."""

from urllib.parse import quote, urlencode

from db.api_keys import Role
from tests.gateways.paypal_party import secrets_of_app
from tests.shop import Shop
from tests.web.staff import signed_in

CLIENT_ID = "A" * 30
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


async def test_an_endpoint_is_told_anew_and_deleted(shop: Shop) -> None:
    name = "erp 1/ü"
    made = f"/v1/webhook-endpoints/{quote(name, safe='')}"
    events = ["refund.completed", "refund.rejected"]
    await shop.owner.put(made, {"url": "https://shop.example/old", "event_types": events, "enabled": False})
    browser, _ = await signed_in(shop, Role.OWNER)
    path = f"{HOOKS}/{quote(name, safe='')}"

    change = await browser.open(f"{HOOKS}?{urlencode({'change': name})}")
    refused = await browser.send(change, path, url="http://10.0.0.1/")
    changed = await browser.send(refused, path, url="https://shop.example/new", **{"event.refund.rejected": ""})
    endpoint = await shop.owner.get(made)
    removed = await browser.send(changed, f"{path}/removal")
    again = await browser.send(changed, f"{path}/removal")

    assert refused.status == 422 and 'id="url-fault"' in refused.html
    ticked = {name for name in refused.form(path).fields if name.startswith("event.")}
    assert ticked == {f"event.{each}" for each in events}
    assert (endpoint["url"], endpoint["event_types"]) == ("https://shop.example/new", ["refund.completed"])
    assert endpoint["enabled"] is False and "the endpoint is changed" in changed.text
    assert "nothing more is sent there" in removed.text and again.status == 200
    assert (await shop.owner.get("/v1/webhook-endpoints"))["items"] == []


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


async def test_a_contracts_limits_are_told_and_what_is_left_empty_is_as_the_provider_says(shop: Shop) -> None:
    browser, _ = await signed_in(shop, Role.OWNER)
    page = await browser.open(f"{GATEWAYS}?adapter=paypal")
    secrets = {f"secret.{name}": each for name, each in secrets_of_app().items()}
    account = {"gateway_id": "pp 1", "account": CLIENT_ID, **secrets}

    wrong = await browser.send(page, GATEWAYS, **account, **{"limits.within_days": "a year"})
    kept = await browser.send(wrong, GATEWAYS, **account, **{"limits.within_days": "", "limits.most_refunds": "5"})
    told = (await shop.owner.get("/v1/gateways"))["items"][0]["limits"]
    change = await browser.open(f"{GATEWAYS}?change=pp+1")

    assert wrong.status == 422 and 'id="limits.within_days-fault"' in wrong.html
    assert kept.address.endswith("?done=told") and "within 180 days" in kept.text and "at most 5" in kept.text
    assert told == {"within_days": 180, "most_refunds": 5, "seconds_between": None}
    fields = change.form(GATEWAYS).fields
    assert (fields["limits.within_days"], fields["limits.most_refunds"]) == ("", "5")


async def test_connections_are_for_owners(shop: Shop) -> None:
    ops, _ = await signed_in(shop, Role.OPS)

    assert [(await ops.open(path)).status for path in (HOOKS, GATEWAYS)] == [403, 403]
    assert (await ops.post(HOOKS, {"endpoint_id": "x"})).status == 403


async def test_headings_have_names_that_name_one_thing(shop: Shop) -> None:
    """What an element is labelled by is a list: an id of theirs with a space in it would be two."""
    await shop.owner.put("/v1/webhook-endpoints/my%20shop", {"url": "https://shop.example/h", "enabled": False})
    browser, _ = await signed_in(shop, Role.OWNER)

    page = await browser.open(HOOKS)

    ids = [said["id"] for _, said in page.tags if "id" in said]
    names = [name for _, said in page.tags for name in said.get("aria-labelledby", "").split()]
    assert "my shop" in page.text and set(names) <= set(ids) and len(ids) == len(set(ids))
