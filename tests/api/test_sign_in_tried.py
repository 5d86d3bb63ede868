"""What is tried in place of signing in: other browsers, other providers, tokens that prove nothing."""

import asyncio
import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Callable
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from joserfc.jwk import ECKey, OctKey, RSAKey

from api.cookies import SIGN_IN
from domain import clock
from tests.api.provider import HAN, Browser, Provider, came_back, configured, providing, sent, signed_in
from tests.shop import Shop
from tools.client import Json


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    async with providing() as running:
        yield running


async def test_a_sign_in_ends_once_and_in_the_browser_that_began_it(shop: Shop, provider: Provider) -> None:
    known = await configured(shop, provider)
    victim, back = await sent(shop, provider, known)
    attacker, _ = await sent(shop, provider, known)

    elsewhere = [await attacker.get(back), await Browser(shop.http).get(back)]
    here, again = await victim.get(back), None
    victim.cookies[SIGN_IN] = attacker.sign_in
    again = await victim.get(back)

    assert [(each.status_code, each.json()["code"]) for each in (*elsewhere, again)] == [(401, "sign_in_failed")] * 3
    assert here.status_code == 303 and not attacker.session
    assert "another browser" in again.json()["detail"]


async def test_of_many_who_come_back_at_once_one_is_let_in(shop: Shop, provider: Provider) -> None:
    browser, back = await sent(shop, provider, await configured(shop, provider))
    kept = dict(browser.cookies)

    def again() -> Browser:
        other = Browser(shop.http)
        other.cookies |= kept
        return other

    answers = await asyncio.gather(*(again().get(back) for _ in range(20)))

    assert sorted(each.status_code for each in answers) == [303] + [401] * 19
    assert len((await shop.owner.get("/v1/staff-sessions"))["items"]) == 1


async def test_a_code_of_another_sign_in_is_worth_nothing(shop: Shop, provider: Provider) -> None:
    """The provider holds the code against the verifier of the browser that it was given to."""
    known = await configured(shop, provider)
    _, stolen = await sent(shop, provider, known)
    browser, back = await sent(shop, provider, known)
    query = {name: values[0] for name, values in parse_qs(urlsplit(back).query).items()}
    code = parse_qs(urlsplit(stolen).query)["code"][0]

    answer = await browser.get(f"{urlsplit(back).path}?{urlencode(query | {'code': code})}")

    assert (answer.status_code, answer.json()["code"]) == (401, "sign_in_failed")
    assert "does not take the code" in answer.json()["detail"] and not browser.session


async def test_what_one_provider_sends_back_is_not_taken_for_anothers(shop: Shop, provider: Provider) -> None:
    async with providing() as other:
        known, theirs = await configured(shop, provider), await configured(shop, other, "theirs")
        browser, back = await sent(shop, provider, known)
        at_another = await browser.get(back.replace(known["sign_in_path"], theirs["sign_in_path"]))
        provider.twists["back"] = {"iss": other.issuer}
        names_another = await came_back(shop, provider, known)
        provider.twists["back"] = {"iss": provider.issuer}
        names_itself = await came_back(shop, provider, known)

    assert (at_another.status_code, names_another.status_code, names_itself.status_code) == (401, 401, 303)
    assert "another provider" in names_another.json()["detail"]


async def test_who_always_names_itself_has_to(shop: Shop) -> None:
    async with providing(configuration={"authorization_response_iss_parameter_supported": True}) as provider:
        answer = await came_back(shop, provider, await configured(shop, provider))

    assert answer.status_code == 401 and "another provider" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("error", "said"),
    [("access_denied", "said access_denied"), ("<script>alert(1)</script>", "said no"), ("", "sent no code")],
)
async def test_what_the_provider_says_for_no_is_said_in_words_of_ours(
    shop: Shop, provider: Provider, error: str, said: str
) -> None:
    provider.twists["back"] = {"code": None, "error": error or None, "error_description": "call +1 555 0100"}
    known = await configured(shop, provider)
    browser, back = await sent(shop, provider, known)

    answer, again = await browser.get(back), await browser.get(back)

    assert (answer.status_code, answer.json()["code"]) == (401, "sign_in_failed")
    assert said in answer.json()["detail"] and "555" not in answer.text and "<" not in answer.text
    assert "begun by another browser" in again.json()["detail"]


# The token

STRANGE = ECKey.generate_key("P-256", {"kid": "first", "alg": "ES256"})


def _by_hand(algorithm: str, claims: Json, secret: bytes) -> str:
    """A token as an attacker would write it, whatever a library thinks of that."""
    parts = ({"alg": algorithm, "kid": "first"}, claims)
    said = b".".join(urlsafe_b64encode(json.dumps(each).encode()).rstrip(b"=") for each in parts)
    signature = hmac.digest(secret, said, "sha256") if secret else b""
    return f"{said.decode()}.{urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def _none(_: Provider, claims: Json) -> str:
    return _by_hand("none", claims, b"")


def _by_the_secret(provider: Provider, claims: Json) -> str:
    return _by_hand("HS256", claims, provider.secret.encode())


def _by_the_public_key(provider: Provider, claims: Json) -> str:
    return _by_hand("HS256", claims, provider.key.as_pem(private=False))


def _by_a_stranger(provider: Provider, claims: Json) -> str:
    return provider.signed(claims, STRANGE)


def _nested(provider: Provider, claims: Json) -> str:
    deep = "[" * 100_000
    head, _, signature = provider.signed(claims).split(".")
    return ".".join((urlsafe_b64encode(deep.encode()).rstrip(b"=").decode(), head, signature))


def _broken(provider: Provider, claims: Json) -> str:
    head, _, signature = provider.signed(claims).split(".")
    return ".".join((head, provider.signed({**claims, "sub": "another"}).split(".")[1], signature))


FORGED: list[Callable[[Provider, Json], str | None]] = [
    *(_none, _by_the_secret, _by_the_public_key, _by_a_stranger, _nested, _broken),
    lambda _, __: None,
    lambda _, __: "no token at all",
]


@pytest.mark.parametrize("forge", FORGED)
async def test_a_token_that_the_provider_has_not_signed_lets_nobody_in(
    shop: Shop, provider: Provider, forge: Callable[[Provider, Json], str | None]
) -> None:
    provider.token = lambda claims: forge(provider, claims)

    answer = await came_back(shop, provider, await configured(shop, provider))

    assert (answer.status_code, answer.json()["code"]) == (401, "sign_in_failed"), answer.text
    assert "ID token" in answer.json()["detail"]


WRONG: list[tuple[Json, str]] = [
    ({"iss": "https://evil.example"}, "iss"),
    ({"iss": None}, "iss"),
    ({"aud": "another"}, "aud"),
    ({"aud": ["another"]}, "aud"),
    ({"aud": None}, "aud"),
    ({"aud": ["makewhole", "another"]}, "azp"),
    ({"azp": "another"}, "azp"),
    ({"nonce": "another"}, "nonce"),
    ({"nonce": None}, "nonce"),
    ({"sub": None}, "sub"),
    ({"sub": ""}, "sub"),
    ({"sub": 7}, "sub"),
    ({"email": "\ud800@shop.example", "sub": None}, "sub"),
    ({"sub": "00u1\u0000"}, "sub"),
    ({"sub": "\ud800"}, "sub"),
    ({"sub": "x" * 256}, "sub"),
    ({"exp": None}, "exp"),
    ({"exp": 1}, "exp"),
    ({"exp": "soon"}, "exp"),
    ({"iat": 2**40}, "iat"),
    ({"nbf": 2**40}, "nbf"),
    ({"at_hash": "AAAA"}, "at_hash"),
]


async def test_a_token_for_something_else_lets_nobody_in(shop: Shop, provider: Provider) -> None:
    known = await configured(shop, provider)
    for claims, wrong in WRONG:
        provider.says = HAN | claims

        answer = await came_back(shop, provider, known)

        assert (answer.status_code, answer.json()["code"]) == (401, "sign_in_failed"), f"{claims} {answer.text}"
        assert wrong in answer.json()["detail"], f"{claims} {answer.text}"


async def test_who_has_not_signed_in_there_as_strongly_as_the_owner_wants_is_not_let_in(
    shop: Shop, provider: Provider
) -> None:
    required = [{"claim": "amr", "value": "mfa"}, {"claim": "acr", "value": "urn:strong"}]
    known = await configured(shop, provider, required_claims=required, signed_in_within="PT5M")
    now = int(clock.now().timestamp())
    strong: Json = {"amr": ["pwd", "mfa"], "acr": "urn:strong", "auth_time": now}

    for weak in ({}, strong | {"amr": ["pwd"]}, strong | {"acr": "urn:weak"}, strong | {"auth_time": now - 400}):
        provider.says = HAN | weak
        answer = await came_back(shop, provider, known)
        assert (answer.status_code, answer.json()["code"]) == (403, "not_let_in"), weak
    provider.says = HAN | strong
    begun = await Browser(shop.http).get(known["sign_in_path"])

    asked = parse_qs(urlsplit(begun.headers["location"]).query)
    assert (asked["acr_values"], asked["max_age"]) == (["urn:strong"], ["300"])
    assert (await came_back(shop, provider, known)).status_code == 303


@pytest.mark.parametrize(("off_by_s", "status"), [(-30 - 300, 303), (50, 303), (-70 - 300, 401), (90, 401)])
async def test_a_clock_may_be_off_by_some_seconds(shop: Shop, provider: Provider, off_by_s: int, status: int) -> None:
    provider.off_by_s = off_by_s

    answer = await came_back(shop, provider, await configured(shop, provider))

    assert answer.status_code == status, answer.text
    assert status == 303 or "clock" in answer.json()["detail"]


async def test_a_provider_changes_its_keys_while_we_run(shop: Shop, provider: Provider) -> None:
    known = await configured(shop, provider)
    await signed_in(shop, provider, known)
    old, provider.key = provider.key, RSAKey.generate_key(2048, {"kid": "second", "alg": "RS256"})
    provider.published = [old, provider.key, OctKey.generate_key(256, {"kid": "third"})]
    await signed_in(shop, provider, known)

    assert provider.asked.count("/keys") == 2


# Where one is sent


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "evil",
        "/a b",
        "",
    ],
)
async def test_nobody_is_sent_to_another_place_than_ours(shop: Shop, provider: Provider, elsewhere: str) -> None:
    known = await configured(shop, provider)

    answer = await Browser(shop.http).ask("GET", known["sign_in_path"], params={"return_to": elsewhere})

    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed"), answer.headers
