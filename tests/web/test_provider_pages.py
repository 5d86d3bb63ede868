"""An owner tells on a page where staff sign in, and who comes in as what; the secret is never shown."""

import pytest

from db.api_keys import Role
from tests.shop import Shop
from tests.web.staff import signed_in

HERE = "/pages/operations/sign-in"
OKTA = {
    "provider_id": "okta",
    "issuer": "https://shop.okta.example",
    "address": "https://refunds.shop.example",
    "client_id": "makewhole",
    "client_secret": "a-secret-of-theirs",
    "role.0.claim": "groups",
    "role.0.value": "refunds reviewers",
    "role.0.role": "reviewer",
    "person.1.person": "han",
    "person.1.email": "han@shop.example",
    "email_domains": "shop.example\nshop.test",
}
PATH = "/v1/identity-providers/okta"


@pytest.mark.parametrize(("language", "word"), [("en", "Where staff sign in"), ("zh-CN", "员工登录")])
async def test_a_provider_is_told_changed_and_removed_on_a_page(shop: Shop, language: str, word: str) -> None:
    browser, _ = await signed_in(shop, Role.OWNER, language)

    told = await browser.send(await browser.open(HERE), HERE, **OKTA)
    known = await shop.owner.get(PATH)
    change = await browser.open(f"{HERE}?change=okta")
    second = {"role.1.claim": "groups", "role.1.value": "warehouse", "role.1.role": "warehouse"}
    await browser.send(change, HERE, **second, **{"person.0.person": "", "person.0.email": ""})
    changed = await shop.owner.get(PATH)
    removed = await browser.send(change, f"{HERE}/okta/removal")
    again = await browser.send(change, f"{HERE}/okta/removal")

    assert word in told.text and known["redirect_uri"] in told.text
    assert known["people"] == [{"person": "han", "subject": None, "email": "han@shop.example"}]
    assert known["email_domains"] == ["shop.example", "shop.test"]
    assert [each["role"] for each in changed["roles"]] == ["reviewer", "warehouse"] and changed["people"] == []
    assert changed["redirect_uri"] == known["redirect_uri"]
    assert OKTA["client_secret"] not in told.html + change.html
    assert again.address.endswith("?done=removed") and removed.status == again.status == 200
    assert (await shop.owner.get("/v1/identity-providers"))["items"] == []


async def test_what_is_asked_of_a_sign_in_over_http_stays_when_a_page_changes_the_rest(shop: Shop) -> None:
    browser, _ = await signed_in(shop, Role.OWNER)
    await browser.send(await browser.open(HERE), HERE, **OKTA)
    known = await shop.owner.get(PATH)
    told = {name: known[name] for name in ("issuer", "client_id", "address", "roles")}
    strong = {"required_claims": [{"claim": "amr", "value": "mfa"}], "signed_in_within": "PT5M"}
    await shop.owner.put(PATH, {**told, **strong})

    await browser.send(await browser.open(f"{HERE}?change=okta"), HERE, email_domains="shop.example")
    changed = await shop.owner.get(PATH)

    assert (changed["email_domains"], {name: changed[name] for name in strong}) == (["shop.example"], strong)


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"issuer": "http://shop.okta.example"}, "issuer"),
        ({"address": "https://refunds.shop.example/pages"}, "address"),
        ({"client_secret": ""}, "client_secret"),
        ({"person.1.email": ""}, "person.1.subject"),
        ({"person.1.person": "owner"}, "person.1.person"),
        ({"email_domains": "a@b"}, "email_domains"),
    ],
)
async def test_what_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost(
    shop: Shop, typed: dict[str, str], field: str
) -> None:
    browser, _ = await signed_in(shop, Role.OWNER)

    refused = await browser.send(await browser.open(HERE), HERE, **{**OKTA, **typed})

    assert refused.status == 422 and f'id="{field}-fault"' in refused.html
    assert refused.form(HERE).fields["role.0.value"] == "refunds reviewers"
    assert (await shop.owner.get("/v1/identity-providers"))["items"] == []


async def test_a_provider_that_is_there_is_not_changed_unseen_and_one_without_roles_is_refused(shop: Shop) -> None:
    browser, _ = await signed_in(shop, Role.OWNER)
    page = await browser.open(HERE)

    nobody = await browser.send(page, HERE, **{**OKTA, "role.0.claim": "", "role.0.value": ""})
    await browser.send(page, HERE, **OKTA)
    again = await browser.send(page, HERE, **{**OKTA, "issuer": "https://evil.example"})

    assert nobody.status == 422 and 'role="alert"' in nobody.html
    assert again.status == 422 and 'id="provider_id-fault"' in again.html
    assert (await shop.owner.get(PATH))["issuer"] == OKTA["issuer"]
