"""Identity providers that speak OpenID Connect: what they are asked, and what of their answers is believed.

They are at public addresses, or at those that the deployment allows, and so is whatever they name themselves.
"""

import json
import logging
import time
from base64 import b64encode
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote_plus, urlencode

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from authlib.oidc.discovery import get_well_known_url
from joserfc import jwt
from joserfc.errors import ClaimError, JoseError
from joserfc.jwk import JWKRegistry, KeySet

from gateways.addresses import Addresses, NotAllowed
from gateways.posting import Poster, Reply

log = logging.getLogger(__name__)

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA")
"""Signatures by a key that the provider alone has; never one by the client's secret, and never none."""

CLOCKS_DIFFER_BY_S = 60
"""So far the provider's clock may be off."""

MOST_ANSWER_BYTES = 512 * 1024
ANSWERS_WITHIN_S = 5.0

_REMEMBERED_FOR_S = 600.0
_MOST_KEYS = 50
_MOST_REMEMBERED = 1_000
_SCOPES = ("openid", "email", "profile")
_KINDS_OF_KEYS = ("RSA", "EC", "OKP")


class ProviderUnavailable(Exception):
    """The provider does not answer, or not as OpenID Connect has it; the message says what, and nothing secret."""


class NotProved(Exception):
    """The provider was heard, and what it says proves nothing; the message says why."""


@dataclass(frozen=True, slots=True)
class Client:
    """What makewhole is to a provider; `redirect_uri` is where people come back to."""

    issuer: str
    client_id: str
    redirect_uri: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SentToProvider:
    """What makes one sign-in unlike any other: `state` comes back, `nonce` in the token, `verifier` proves it is us."""

    state: str
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class VerifiedToken:
    """A token that was verified: who it is about, and itself."""

    claims: Mapping[str, object]
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a provider says of itself; with `names_itself` it says who it is whenever it sends people back."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    end_session_endpoint: str | None
    scopes: frozenset[str]
    takes_secret_in_body: bool
    names_itself: bool


class OpenId:
    """Speaks to providers; what they say of themselves and their keys are remembered for ten minutes."""

    def __init__(self, addresses: Addresses) -> None:
        self._addresses = addresses
        self.poster = Poster(addresses, answers_within_s=ANSWERS_WITHIN_S, most_answer_bytes=MOST_ANSWER_BYTES)
        self._known: dict[str, tuple[float, Metadata]] = {}
        self._keys: dict[str, tuple[float, KeySet]] = {}

    async def metadata(self, issuer: str) -> Metadata:
        """Return what a provider says of itself; raises ProviderUnavailable."""
        until, known = self._known.get(issuer, (0.0, None))
        if known is not None and time.monotonic() < until:
            return known
        said = _json(await self.poster.get(get_well_known_url(issuer, external=True)), "its configuration")
        found = self._read(issuer, said)
        _remember(self._known, issuer, found)
        return found

    async def authorization_url(
        self, client: Client, sent: SentToProvider, claims: Collection[str], strength: Mapping[str, str]
    ) -> str:
        """Say where to send a browser; raises ProviderUnavailable.

        claims: what its roles go by, each of which some providers tell only to who asks for it by a scope of its name.
        strength: how well and how lately they have to sign in there, `acr_values` and `max_age`.
        """
        known = await self.metadata(client.issuer)
        asked = {"nonce": sent.nonce, "code_challenge": create_s256_code_challenge(sent.verifier)}
        url: str = prepare_grant_uri(
            known.authorization_endpoint,
            client.client_id,
            "code",
            redirect_uri=client.redirect_uri,
            scope=" ".join(_SCOPES + tuple(sorted(known.scopes.intersection(claims).difference(_SCOPES)))),
            state=sent.state,
            code_challenge_method="S256",
            **asked,
            **strength,
        )
        return url

    async def redeem(self, client: Client, code: str, sent: SentToProvider, now: datetime) -> VerifiedToken:
        """Exchange a code for a token, and verify that; raises ProviderUnavailable and NotProved."""
        known = await self.metadata(client.issuer)
        body = prepare_token_request(
            "authorization_code", redirect_uri=client.redirect_uri, code=code, code_verifier=sent.verifier
        )
        reply = await self.poster.post(known.token_endpoint, *_authenticated(known, client, body))
        if reply.whole_status in (400, 401, 403):
            raise NotProved(_why_no_token(reply))
        said = _json(reply, "the exchange of a code")
        token = said.get("id_token")
        if not isinstance(token, str):
            raise NotProved("the provider sent no ID token")
        decoded = await self._decoded(known, token)
        access_token = said.get("access_token")
        params = {"nonce": sent.nonce, "client_id": client.client_id, "access_token": access_token}
        must_be = {"iss": client.issuer, "aud": client.client_id}
        options = {name: {"essential": True, "value": value} for name, value in must_be.items()}
        claims = CodeIDToken(decoded.claims, decoded.header, options, params)
        _validate(claims, now)
        return VerifiedToken(dict(claims), token)

    async def end_session_url(self, client: Client, token: str | None) -> str | None:
        """Say where a browser ends its session at the provider; None where that has no such place."""
        endpoint = (await self.metadata(client.issuer)).end_session_endpoint
        if endpoint is None:
            return None
        said = {"client_id": client.client_id} | ({"id_token_hint": token} if token else {})
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(said)}"

    def _read(self, issuer: str, said: Mapping[str, Any]) -> Metadata:
        if said.get("issuer") != issuer:
            raise ProviderUnavailable("its configuration names another issuer")
        named = {
            name: self._allowed(name, said.get(name))
            for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")
        }
        ends = said.get("end_session_endpoint")
        methods = said.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        return Metadata(
            **named,
            end_session_endpoint=self._allowed("end_session_endpoint", ends) if ends else None,
            scopes=frozenset(map(str, said.get("scopes_supported") or ())),
            takes_secret_in_body="client_secret_basic" not in methods,
            names_itself=said.get("authorization_response_iss_parameter_supported") is True,
        )

    def _allowed(self, name: str, address: object) -> str:
        """Return an address that a provider names; people are sent there, or we ask there."""
        try:
            self._addresses.check(address if isinstance(address, str) else "")
        except NotAllowed as no:
            raise ProviderUnavailable(f"its {name} is at no address that is allowed") from no
        return str(address)

    async def _decoded(self, known: Metadata, token: str) -> jwt.Token:
        """Verify the signature by the provider's keys, which it may have changed since they were read."""
        until, keys = self._keys.get(known.jwks_uri, (0.0, None))
        if keys is not None and time.monotonic() < until:
            try:
                return jwt.decode(token, keys, algorithms=ALGORITHMS)
            except _UNREADABLE:
                pass  # it may be signed with a key that is newer than what we know
        said = _json(await self.poster.get(known.jwks_uri), "its keys")
        keys = _key_set(said)
        _remember(self._keys, known.jwks_uri, keys)
        try:
            return jwt.decode(token, keys, algorithms=ALGORITHMS)
        except _UNREADABLE as wrong:
            raise NotProved("the ID token is not signed by a key of the provider, as it has to be") from wrong


def _authenticated(known: Metadata, client: Client, body: str) -> tuple[bytes, dict[str, str]]:
    """Say by the secret who we are: in a header, or in the body where the provider takes nothing else."""
    headers = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
    if known.takes_secret_in_body:
        body = f"{body}&{urlencode({'client_id': client.client_id, 'client_secret': client.secret})}"
    else:
        pair = f"{quote_plus(client.client_id)}:{quote_plus(client.secret)}"
        headers["authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
    return body.encode(), headers


_LONGEST_SUBJECT = 255

_UNREADABLE = (JoseError, ValueError, TypeError, OverflowError, RecursionError)
"""What comes of a token that is made to be a burden, or by mistake."""

_CLOCKS = dict.fromkeys(("exp", "nbf", "iat"), "over or not valid yet, if no clock is wrong, the provider's or ours")


def _validate(claims: CodeIDToken, now: datetime) -> None:
    try:
        claims.validate(int(now.timestamp()), CLOCKS_DIFFER_BY_S)
    except ClaimError as wrong:
        why = _CLOCKS.get(wrong.claim, "not the one that was asked for")
        raise NotProved(f"the ID token is {why}: its {wrong.claim} is wrong") from wrong
    except _UNREADABLE as wrong:
        raise NotProved("the ID token has a claim that can't be read") from wrong
    subject = claims["sub"]
    if not (subject.isascii() and subject.isprintable() and 1 <= len(subject) <= _LONGEST_SUBJECT):
        raise NotProved("the ID token is not the one that was asked for: its sub is wrong")


def _key_set(said: Mapping[str, Any]) -> KeySet:
    """Take those keys of a provider that signatures can be verified with; others it may have besides."""
    keys = []
    listed = said.get("keys")
    for each in listed[:_MOST_KEYS] if isinstance(listed, list) else ():
        if isinstance(each, dict) and each.get("kty") in _KINDS_OF_KEYS and each.get("use", "sig") == "sig":
            try:
                keys.append(JWKRegistry.import_key(each))
            except _UNREADABLE:
                continue
    return KeySet(keys)


def _json(reply: Reply, what: str) -> Mapping[str, Any]:
    status = reply.whole_status
    if status is None:
        log.warning("an identity provider, asked for %s: %s", what, reply.trouble)  # which may say where it is
        raise ProviderUnavailable(f"{what}: nobody answered")
    if status != 200:
        raise ProviderUnavailable(f"{what}: it answered {status}")
    try:
        said = json.loads(reply.answer)
    except (ValueError, RecursionError) as unreadable:
        raise ProviderUnavailable(f"{what}: its answer is no JSON") from unreadable
    if not isinstance(said, dict):
        raise ProviderUnavailable(f"{what}: its answer is no JSON object")
    return said


_NO_TOKEN = {
    "invalid_client": "the provider does not know makewhole by this client id and secret: an owner has to tell them",
    "invalid_grant": "the provider does not take the code: it was used, is too old, or is another's; sign in again",
}


def _why_no_token(reply: Reply) -> str:
    """Say what the provider has against a code, in words of ours: its own may be anything."""
    try:
        said = json.loads(reply.answer)
    except (ValueError, RecursionError):
        said = None
    code = said.get("error") if isinstance(said, dict) else None
    return _NO_TOKEN.get(str(code), "the provider gives no token for this code")


def _remember(known: dict[str, Any], name: str, value: object) -> None:
    known.pop(name, None)
    known[name] = time.monotonic() + _REMEMBERED_FOR_S, value
    if len(known) > _MOST_REMEMBERED:
        known.pop(next(iter(known)))
