"""An identity provider that does what it is told, also what no real one can be told to: and a browser beside it.

It holds makewhole to OpenID Connect: the client's secret, the address to come back to, PKCE, each code once.
"""

import asyncio
import json
import secrets
from base64 import b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlencode, urlsplit

import httpx
from joserfc import jws
from joserfc.jwk import ECKey, OctKey, RSAKey

from api.cookies import SESSION, SIGN_IN
from db.api_keys import Role
from domain import clock
from tests.gateways.peer_http import Request, Response
from tests.shop import Shop
from tools.client import Json

CURRENT = "/v1/staff-sessions/current"

HAN = {"sub": "00u1", "email": "han@shop.example", "email_verified": True, "groups": ["refund-reviewers"]}

Key = RSAKey | ECKey


@dataclass
class Provider:
    """`says` is what it says of whoever comes; `twists` are what it says besides that it should not."""

    port: int = 0
    client_id: str = "makewhole"
    secret: str = "a secret/+%"
    says: Json = field(default_factory=lambda: dict(HAN))
    twists: Json = field(default_factory=dict)
    configuration: Json = field(default_factory=dict)
    key: Key = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "first", "alg": "ES256"}))
    published: list[Key | OctKey] | None = None
    token: Callable[[Json], str | None] | None = None
    off_by_s: int = 0
    asked: list[str] = field(default_factory=list)
    _codes: dict[str, Json] = field(default_factory=dict)
    _server: asyncio.Server | None = None
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}/oauth2"

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for writer in list(self._open):
            writer.transport.abort()

    def authorize(self, location: str) -> str:
        """Let whoever was sent here in, and say where they are sent back to: the path and query of it."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
        assert location.startswith(f"{self.issuer}/authorize?"), location
        assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
        assert asked["client_id"] == self.client_id and "openid" in asked["scope"].split()
        assert len(asked["code_challenge"]) == 43 and len(asked["nonce"]) >= 43 and len(asked["state"]) >= 43
        code = secrets.token_urlsafe(16)
        self._codes[code] = asked
        back = {"code": code, "state": asked["state"], **self.twists.get("back", {})}
        return f"{urlsplit(asked['redirect_uri']).path}?{urlencode({k: v for k, v in back.items() if v is not None})}"

    def signed(self, claims: Json, key: Key | None = None, **header: Any) -> str:
        signs = key or self.key
        named = {"alg": signs.get("alg") or "ES256", "kid": signs.kid, **header}
        return jws.serialize_compact(named, json.dumps(claims), signs, algorithms=["ES256", "RS256"])

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            method, target, _ = head[0].split(" ")
            pairs = (line.partition(":") for line in head[1:] if line)
            headers = {name.lower(): value.strip() for name, _, value in pairs}
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            said = self._answer(Request(method, target, headers, body))
            named = "".join(f"{name}: {value}\r\n" for name, value in said.headers.items())
            writer.write(f"HTTP/1.1 {said.status} -\r\n{named}connection: close\r\n".encode())
            writer.write(f"content-length: {len(said.body)}\r\n\r\n".encode() + said.body)
            await writer.drain()
        self._open.discard(writer)
        writer.close()

    def _answer(self, request: Request) -> Response:
        place = request.target.removeprefix("/oauth2")
        self.asked.append(place)
        if place in self.twists:
            return Response(*self.twists[place])
        if place == "/.well-known/openid-configuration":
            return _json(self._configuration())
        if place == "/keys":
            known = self.published if self.published is not None else [self.key]
            return _json({"keys": [{**each.as_dict(private=False), "use": "sig"} for each in known]})
        return self._exchange(request) if place == "/token" else _json({}, 404)

    def _configuration(self) -> Json:
        places = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
        said = {name: f"{self.issuer}/{place}" for name, place in places.items()}
        return {"issuer": self.issuer, **said, **self.configuration}

    def _exchange(self, request: Request) -> Response:
        said = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        pair = b64decode(request.headers.get("authorization", "").removeprefix("Basic ")).decode()
        known = (
            [unquote_plus(part) for part in pair.split(":")]
            if pair
            else [said.get("client_id"), said.get("client_secret")]
        )
        if known != [self.client_id, self.secret]:
            return _json({"error": "invalid_client", "error_description": "<b>no</b>"}, 401)
        asked = self._codes.pop(said["code"], None)
        challenge = urlsafe_b64encode(sha256(said.get("code_verifier", "").encode()).digest()).rstrip(b"=").decode()
        if asked is None or (asked["code_challenge"], asked["redirect_uri"]) != (challenge, said["redirect_uri"]):
            return _json({"error": "invalid_grant"}, 400)
        now = int(clock.now().timestamp()) + self.off_by_s
        claims = {"iss": self.issuer, "aud": self.client_id, "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
        claims = {name: value for name, value in {**claims, **self.says}.items() if value is not None}
        token = self.token(claims) if self.token else self.signed(claims)
        return _json({"access_token": "opaque", "token_type": "Bearer", "id_token": token})


class Browser:
    """Keeps cookies as browsers do, and follows nothing by itself."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http
        self.cookies: dict[str, str] = {}
        self.set: list[str] = []

    async def ask(
        self, method: str, path: str, headers: dict[str, str] | None = None, **request: Any
    ) -> httpx.Response:
        others = ['theme={"dark": [1, 2]}', "a"]  # of pages that write them in their own way
        kept = {"cookie": "; ".join([*others, *(f"{name}={value}" for name, value in self.cookies.items())])}
        answer = await self.http.request(method, path, headers={**kept, **(headers or {})}, **request)
        self.http.cookies.clear()
        self.set = answer.headers.get_list("set-cookie")
        for each in self.set:
            name, _, value = each.partition(";")[0].partition("=")
            self.cookies[name] = value
            if not value:
                del self.cookies[name]
        return answer

    async def get(self, path: str) -> httpx.Response:
        return await self.ask("GET", path)

    async def write(self, method: str, path: str, body: Json | None = None) -> httpx.Response:
        """Change something as a page of makewhole would: with the session's token."""
        token = (await self.get("/v1/staff-sessions/current")).json()["csrf_token"]
        return await self.ask(method, path, {"X-CSRF-Token": token}, json=body)

    @property
    def session(self) -> str:
        return self.cookies.get(SESSION, "")

    @property
    def sign_in(self) -> str:
        return self.cookies.get(SIGN_IN, "")


@asynccontextmanager
async def providing(**how: Any) -> AsyncIterator[Provider]:
    provider = Provider(**how)
    await provider.start()
    try:
        yield provider
    finally:
        await provider.stop()


def told(provider: Provider, **fields: Any) -> Json:
    """What an owner tells of it."""
    return {
        "issuer": provider.issuer,
        "client_id": provider.client_id,
        "client_secret": provider.secret,
        "address": "https://refunds.shop.example",
        "roles": [{"claim": "groups", "value": "refund-reviewers", "role": "reviewer"}],
        "email_domains": ["shop.example"],
        **fields,
    }


async def configured(shop: Shop, provider: Provider, name: str = "okta", **fields: Any) -> Json:
    answer = await shop.raw(Role.OWNER, "PUT", f"/v1/identity-providers/{name}", json=told(provider, **fields))
    assert answer.status_code == 200, answer.text
    known: Json = answer.json()
    return known


async def sent(shop: Shop, provider: Provider, known: Json, **asked: str) -> tuple[Browser, str]:
    """Begin to sign in, and let the provider agree: a browser, and where it is sent back to."""
    browser = Browser(shop.http)
    begun = await browser.ask("GET", known["sign_in_path"], params=asked)
    assert begun.status_code == 303, begun.text
    return browser, provider.authorize(begun.headers["location"])


async def signed_in(shop: Shop, provider: Provider, known: Json, **asked: str) -> Browser:
    browser, back = await sent(shop, provider, known, **asked)
    answer = await browser.get(back)
    assert answer.status_code == 303, answer.text
    return browser


async def came_back(shop: Shop, provider: Provider, known: Json, **asked: str) -> httpx.Response:
    browser, back = await sent(shop, provider, known, **asked)
    return await browser.get(back)


def _json(said: Json, status: int = 200) -> Response:
    return Response(status, json.dumps(said).encode(), {"content-type": "application/json"})
