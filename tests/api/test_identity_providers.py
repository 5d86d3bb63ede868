"""Identity providers as owners tell them, as they are away or strange, and the sessions that they give."""

import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select

from db.api_keys import Role
from db.schema import audit_entries, identity_providers, sign_ins, staff_people, staff_sessions
from tests.api.provider import CURRENT, HAN, Browser, Provider, came_back, configured, providing, sent, signed_in, told
from tests.shop import Shop
from tools.client import Json
from tools.stack.stack import Stack


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    async with providing() as running:
        yield running


async def test_the_secret_is_never_shown_and_goes_to_no_other_issuer(shop: Shop, provider: Provider) -> None:
    known = await configured(shop, provider)
    path, body = "/v1/identity-providers/okta", told(provider)
    del body["client_secret"]

    kept = await shop.raw(Role.OWNER, "PUT", path, json=body)
    moved = await shop.raw(Role.OWNER, "PUT", path, json={**body, "issuer": "https://evil.example"})

    assert kept.json()["sign_in_path"] == known["sign_in_path"]
    assert known["redirect_uri"] == f"https://refunds.shop.example{known['sign_in_path']}/callback"
    assert moved.json()["errors"][0]["pointer"] == "/client_secret"
    trail = await shop.ops.get("/v1/audit")
    assert provider.secret not in f"{known}{kept.text}{await shop.owner.get(path)}{trail}"
    assert "identity_provider_changed" in {each["action"] for each in trail["items"]}
    assert [each["provider_id"] for each in (await shop.owner.get("/v1/identity-providers"))["items"]] == ["okta"]


WRONG_FIELDS: list[tuple[Json, str]] = [
    ({"issuer": "http://idp.example"}, "/issuer"),
    ({"issuer": "https://10.0.0.1"}, "/issuer"),
    ({"issuer": "https://localhost:99999"}, "/issuer"),
    ({"issuer": "https://idp.example?a=b"}, "/issuer"),
    ({"address": "http://refunds.shop.example"}, "/address"),
    ({"address": "https://refunds.shop.example/path"}, "/address"),
    ({"address": "https://a:b@refunds.shop.example"}, "/address"),
    ({"address": "refunds.shop.example"}, "/address"),
    ({"roles": []}, "/roles"),
    ({"roles": [{"claim": "groups", "value": "x", "role": "customer"}]}, "/roles/0/role"),
    ({"people": [{"person": "han"}]}, "/people/0/subject"),
    ({"people": [{"person": "owner", "subject": "1"}]}, "/people/0/person"),
    ({"email_domains": ["a@b"]}, "/email_domains/0"),
    ({"required_claims": [{"claim": "amr"}]}, "/required_claims/0/value"),
    ({"signed_in_within": "soon"}, "/signed_in_within"),
]


async def test_what_could_be_no_provider_is_refused(shop: Shop, provider: Provider) -> None:
    for fields, pointer in WRONG_FIELDS:
        body = told(provider, **fields)
        answer = await shop.raw(Role.OWNER, "PUT", "/v1/identity-providers/okta", json=body)
        assert answer.status_code == 422 and answer.json()["errors"][0]["pointer"] == pointer, answer.text


async def test_another_merchant_has_neither_the_provider_nor_its_people(
    shop: Shop, other_shop: Shop, provider: Provider
) -> None:
    han = await signed_in(shop, provider, await configured(shop, provider))
    own = (await han.get(CURRENT)).json()

    assert (await other_shop.raw(Role.OWNER, "GET", "/v1/identity-providers/okta")).status_code == 404
    assert (await other_shop.raw(Role.OWNER, "DELETE", "/v1/identity-providers/okta")).status_code == 404
    assert (await other_shop.raw(Role.OWNER, "DELETE", f"/v1/staff-sessions/{own['session_id']}")).status_code == 404
    assert (await other_shop.owner.get("/v1/staff-sessions"))["items"] == []
    assert (await han.get(CURRENT)).status_code == 200


async def test_an_owner_ends_sessions_at_once_one_by_one_and_all_of_a_provider(shop: Shop, provider: Provider) -> None:
    known = await configured(shop, provider)
    first, second, third = [await signed_in(shop, provider, known) for _ in range(3)]
    listed = (await shop.owner.get("/v1/staff-sessions"))["items"]
    ids = [(await each.get(CURRENT)).json()["session_id"] for each in (first, second, third)]

    revoked = await shop.raw(Role.OWNER, "DELETE", f"/v1/staff-sessions/{ids[0]}")
    again = await shop.raw(Role.OWNER, "DELETE", f"/v1/staff-sessions/{ids[0]}")

    assert [each["session_id"] for each in listed] == ids[::-1]
    assert (revoked.status_code, again.status_code) == (204, 204)
    assert [(await each.get(CURRENT)).status_code for each in (first, second)] == [401, 200]
    await configured(shop, provider)
    assert (await second.get(CURRENT)).status_code == 401
    fourth = await signed_in(shop, provider, known)
    assert (await shop.raw(Role.OWNER, "DELETE", "/v1/identity-providers/okta")).status_code == 204
    assert (await fourth.get(CURRENT)).status_code == 401
    assert (await Browser(shop.http).get(known["sign_in_path"])).status_code == 404
    assert (await shop.owner.get("/v1/staff-sessions"))["items"] == []
    actions = [each["action"] for each in (await shop.ops.get("/v1/audit"))["items"]]
    assert actions.count("signed_out") == 1 and "identity_provider_removed" in actions


async def test_who_signs_out_is_out_at_once_and_told_where_to_sign_out_at_the_provider(shop: Shop) -> None:
    async with providing() as provider:
        provider.configuration = {"end_session_endpoint": f"{provider.issuer}/logout?a=b"}
        han = await signed_in(shop, provider, await configured(shop, provider))
        key = {"Authorization": f"Bearer {han.session}"}
        done = await han.write("DELETE", CURRENT)

    where = urlsplit(done.json()["end_session_url"])
    said = parse_qs(where.query)
    assert (done.status_code, where.path, said["client_id"]) == (200, "/oauth2/logout", ["makewhole"])
    assert said["id_token_hint"][0].count(".") == 2 and not han.session
    assert (await shop.http.get("/v1/refunds", headers=key)).status_code == 401
    assert "signed_out" in {each["action"] for each in (await shop.ops.get("/v1/audit"))["items"]}


async def test_the_log_says_what_happened_and_nobodys_name(shop: Shop, stack: Stack, provider: Provider) -> None:
    known = await configured(shop, provider)
    browser, back = await sent(shop, provider, known)
    await browser.get(back)
    provider.says = HAN | {"sub": "00u-of-nobody", "email": "li@nowhere.example"}
    stranger, theirs = await sent(shop, provider, known)
    refused, again = await stranger.get(theirs), await browser.get(back)

    log = (stack.home.logs / "api.log").read_text(encoding="utf-8")
    said = [value for each in (back, theirs) for values in parse_qs(urlsplit(each).query).values() for value in values]
    for each in (*said, browser.session, stranger.sign_in, "li@nowhere.example", "00u-of-nobody"):
        assert each not in log
    for answer, what in ((refused, "was refused by the merchant's rules"), (again, "was begun by another browser")):
        (line,) = [each for each in log.splitlines() if what in each and answer.headers["Request-Id"] in each]
        assert json.loads(line)["level"] == "warning"


# The provider is away, or leads elsewhere


async def test_while_the_provider_is_away_one_is_told_to_come_again(shop: Shop, provider: Provider) -> None:
    known = await configured(shop, provider)
    browser, back = await sent(shop, provider, known)
    await provider.stop()

    halfway = await browser.get(back)
    async with providing() as other:
        theirs = await configured(shop, other, "theirs")
    begun = await Browser(shop.http).get(theirs["sign_in_path"])

    assert [(each.status_code, each.json()["code"]) for each in (halfway, begun)] == [
        (503, "temporarily_unavailable")
    ] * 2
    assert "nobody answered" in begun.json()["detail"] and "127.0.0.1" not in begun.text + halfway.text
    assert begun.headers["retry-after"]


PLACE = "/.well-known/openid-configuration"


@pytest.mark.parametrize(
    "how",
    [
        {"configuration": {"issuer": "https://evil.example"}},
        {"configuration": {"jwks_uri": "http://10.0.0.1/keys"}},
        {"configuration": {"token_endpoint": "https://169.254.169.254/latest"}},
        {"configuration": {"authorization_endpoint": "javascript:alert(1)"}},
        {"configuration": {"authorization_endpoint": "http://evil.example/"}},
        {"configuration": {"end_session_endpoint": "http://evil.example/"}},
        {"configuration": {"jwks_uri": None}},
        {"twists": {PLACE: (302, b"", {"location": "http://127.0.0.1:1/"})}},
        {"twists": {PLACE: (200, b"<html>", {})}},
        {"twists": {PLACE: (200, b"[]", {})}},
        {"twists": {PLACE: (200, b"[" * 200_000, {})}},
        {"twists": {PLACE: (200, b"{" + b" " * 600_000 + b"}", {})}},
    ],
)
async def test_a_provider_that_says_something_strange_of_itself_is_not_spoken_to(
    shop: Shop, how: dict[str, Any]
) -> None:
    async with providing(**how) as provider:
        answer = await Browser(shop.http).get((await configured(shop, provider))["sign_in_path"])

    assert (answer.status_code, answer.json()["code"]) == (503, "temporarily_unavailable"), answer.text
    assert "evil" not in answer.text and provider.asked == [PLACE]


async def test_where_the_exchange_or_the_keys_lead_elsewhere_nobody_is_let_in(shop: Shop, provider: Provider) -> None:
    known = await configured(shop, provider)
    for place in ("/token", "/keys"):
        provider.twists = {place: (307, b"", {"location": "http://127.0.0.1:1/"})}
        answer = await came_back(shop, provider, known)
        assert (answer.status_code, answer.json()["code"]) == (503, "temporarily_unavailable"), place


async def test_a_secret_that_is_wrong_is_the_owners_to_mend(shop: Shop, provider: Provider) -> None:
    known = await configured(shop, provider, client_secret="an old one")

    answer = await came_back(shop, provider, known)

    assert answer.status_code == 401 and "client id and secret" in answer.json()["detail"]
    assert "an old one" not in answer.text and "<b>" not in answer.text


async def test_what_roles_go_by_is_asked_for_where_the_provider_has_a_scope_of_that_name(shop: Shop) -> None:
    async with providing(configuration={"scopes_supported": ["openid", "groups", "others"]}) as provider:
        begun = await Browser(shop.http).get((await configured(shop, provider))["sign_in_path"])

    assert parse_qs(urlsplit(begun.headers["location"]).query)["scope"] == ["openid email profile groups"]


async def test_a_secret_may_go_in_the_body_where_the_provider_takes_nothing_else(shop: Shop) -> None:
    methods = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    async with providing(configuration=methods) as provider:
        await signed_in(shop, provider, await configured(shop, provider))


# What is kept


async def test_who_has_the_database_can_neither_sign_in_nor_act(shop: Shop, provider: Provider) -> None:
    tokens: list[str] = []

    def signing(claims: Json) -> str:
        tokens.append(provider.signed(claims))
        return tokens[-1]

    provider.token = signing
    known = await configured(shop, provider)
    _, halfway = await sent(shop, provider, known)
    browser, back = await sent(shop, provider, known)
    secret = browser.sign_in
    await browser.get(back)
    query = [
        value for each in (halfway, back) for values in parse_qs(urlsplit(each).query).values() for value in values
    ]

    async with shop.engine.connect() as connection:
        rows = [
            str(tuple(row))
            for table in (identity_providers, sign_ins, staff_people, staff_sessions, audit_entries)
            for row in await connection.execute(select(table).where(table.c.merchant_id == shop.merchant_id))
        ]
    everything = "\n".join(rows)
    for each in (secret, browser.session, provider.secret, *tokens, *query):
        assert each not in everything
    assert "00u1" in everything
