"""Those who carry SMS, written from what they publish: they share no code with what asks them."""

import base64
import hashlib
import hmac
import json
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from aiohttp import web

from domain import clock


class Does(StrEnum):
    """What happens to the next message; without one it is taken."""

    BREAKS_DOWN = "answers 500 and has not taken it"
    IS_BUSY = "says that it is asked too often"
    REFUSES = "refuses the number for good"
    TAKES_IT_AND_BREAKS_OFF = "takes it, and the connection breaks before the answer"


class Becomes(StrEnum):
    """What has become of what was taken, when somebody asks."""

    ON_ITS_WAY = "on its way"
    DELIVERED = "has reached the phone"
    LOST = "the network says that the phone is not there"


@dataclass
class Peer:
    """`receipts` counts how often somebody has asked what became of one.

    `refuses_by` is the code by which it refuses whatever comes.
    """

    next: deque[Does] = field(default_factory=deque)
    becomes: Becomes = Becomes.ON_ITS_WAY
    receipts: int = 0
    taken: list[dict[str, str]] = field(default_factory=list)
    asked: int = 0
    port: int = 0
    refuses_by: str = ""

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def does(self, *those: Does) -> None:
        self.next.extend(those)


class TwilioPeer(Peer):
    SID, TOKEN, NUMBER = "AC" + "0" * 32, "twilio_test_auth_token", "+15551234567"

    async def answer(self, request: web.Request) -> web.StreamResponse:
        expected = base64.b64encode(f"{self.SID}:{self.TOKEN}".encode()).decode()
        if request.headers.get("Authorization") != f"Basic {expected}":
            return web.json_response({"code": 20003, "message": "Authenticate", "status": 401}, status=401)
        if request.path.startswith(f"/2010-04-01/Accounts/{self.SID}/Messages/"):
            return self.shown(request.path.rpartition("/")[2].removesuffix(".json"))
        if request.path != f"/2010-04-01/Accounts/{self.SID}/Messages.json":
            return web.json_response({"code": 20404, "message": "not found", "status": 404}, status=404)
        return await (self.send(request) if request.method == "POST" else self.listed(request))

    async def send(self, request: web.Request) -> web.StreamResponse:
        self.asked += 1
        told = {name: str(value) for name, value in (await request.post()).items()}
        does = self.next.popleft() if self.next else None
        if self.refuses_by:
            return web.json_response({"code": int(self.refuses_by), "message": "no", "status": 400}, status=400)
        if does is Does.BREAKS_DOWN:
            return web.Response(status=500, text="<html>oops</html>")
        if does is Does.IS_BUSY:
            return web.json_response({"code": 20429, "status": 429}, status=429, headers={"Retry-After": "7"})
        if does is Does.REFUSES:
            no = {"code": 21211, "message": f"The 'To' number {told['To']} is not a valid phone number.", "status": 400}
            return web.json_response(no, status=400)
        made = {"sid": f"SM{len(self.taken):032x}", "to": told["To"], "from": told["From"], "body": told["Body"]}
        made |= {"status": "queued", "date_created": format_datetime(clock.now())}
        self.taken.append(made)
        if does is Does.TAKES_IT_AND_BREAKS_OFF:
            assert request.transport is not None
            request.transport.close()
        return web.json_response(made, status=201)

    def shown(self, sid: str) -> web.StreamResponse:
        self.receipts += 1
        found = next((each for each in self.taken if each["sid"] == sid), None)
        if found is None:
            return web.json_response({"code": 20404, "message": "not found", "status": 404}, status=404)
        status, code, why = {
            Becomes.ON_ITS_WAY: ("sent", None, None),
            Becomes.DELIVERED: ("delivered", None, None),
            Becomes.LOST: ("undelivered", 30003, "Unreachable destination handset"),
        }[self.becomes]
        return web.json_response({**found, "status": status, "error_code": code, "error_message": why})

    async def listed(self, request: web.Request) -> web.StreamResponse:
        """Pages of one, so that who looks has to turn them; later ones are of all numbers, as those of `emulate` are.

        All are queued, so none has a time at which it was sent.
        """
        is_asked_for_a_time = any(name.startswith("DateSent") for name in request.query)
        to = request.query.get("To")
        sent_to = [each for each in reversed(self.taken) if to in (None, each["to"])]
        found = [] if is_asked_for_a_time else sent_to
        page = int(request.query.get("Page", "0"))
        more = f"{request.path}?PageSize=1&Page={page + 1}" if page + 1 < len(found) else None
        return web.json_response({"messages": found[page : page + 1], "next_page_uri": more})


@dataclass
class AliyunPeer(Peer):
    KEY, SECRET, SIGN = "LTAI5tTestKey", "a-secret-of-theirs", "水壶店"

    async def answer(self, request: web.Request) -> web.StreamResponse:
        if not self._is_signed(request):
            return self._no("SignatureDoesNotMatch", "Specified signature is not matched with our calculation.", 400)
        told = {name: values[0] for name, values in parse_qs(urlsplit(str(request.rel_url)).query).items()}
        action = request.headers["x-acs-action"]
        if action == "QuerySendDetails":
            return self._details(told)
        assert action == "SendSms"
        self.asked += 1
        does = self.next.popleft() if self.next else None
        if self.refuses_by:
            return self._no(self.refuses_by, "they say why", 400)
        if does is Does.BREAKS_DOWN:
            return self._no("InternalError", "The request processing has failed.", 500)
        if does is Does.IS_BUSY:
            return self._no("isv.BUSINESS_LIMIT_CONTROL", "触发分钟级流控Permits:1", 200)
        if does is Does.REFUSES:
            return self._no("isv.MOBILE_NUMBER_ILLEGAL", "invalid number", 200)
        self.taken.append(told)
        if does is Does.TAKES_IT_AND_BREAKS_OFF:
            assert request.transport is not None
            request.transport.close()
        biz_id = f"{len(self.taken)}^0"
        return web.json_response({"Code": "OK", "Message": "OK", "BizId": biz_id, "RequestId": "r"})

    def _details(self, told: dict[str, str]) -> web.StreamResponse:
        self.receipts += 1
        status, code = {
            Becomes.ON_ITS_WAY: (1, ""),
            Becomes.DELIVERED: (3, "DELIVERED"),
            Becomes.LOST: (2, "MK:0001"),
        }[self.becomes]
        there = datetime.now(UTC)  # noqa: TID251 - a clock of their own
        days = {f"{there:%Y%m%d}", f"{datetime.fromtimestamp(there.timestamp() + 8 * 3600, UTC):%Y%m%d}"}
        found = [
            {"PhoneNum": each["PhoneNumbers"], "OutId": each["OutId"], "SendStatus": status, "ErrCode": code}
            for each in self.taken
            if each["PhoneNumbers"] == told["PhoneNumber"] and told["SendDate"] in days
        ]
        body: dict[str, Any] = {
            "Code": "OK",
            "TotalCount": len(found),
            "SmsSendDetailDTOs": {"SmsSendDetailDTO": found},
        }
        return web.json_response(body)

    def _no(self, code: str, message: str, status: int) -> web.StreamResponse:
        return web.json_response({"Code": code, "Message": message, "RequestId": "r"}, status=status)

    def _is_signed(self, request: web.Request) -> bool:
        authorization = request.headers["Authorization"].removeprefix("ACS3-HMAC-SHA256 ")
        said = dict(part.split("=", 1) for part in authorization.split(","))
        names = said["SignedHeaders"].split(";")
        required = {
            "host",
            "x-acs-action",
            "x-acs-version",
            "x-acs-date",
            "x-acs-signature-nonce",
            "x-acs-content-sha256",
        }
        query = urlsplit(str(request.rel_url)).query
        pairs = sorted((name, value) for name, values in parse_qs(query).items() for value in values)
        canonical = "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in pairs)
        lines = "".join(f"{name}:{request.headers[name]}\n" for name in names)
        digest = request.headers["x-acs-content-sha256"]
        asked = f"{request.method}\n/\n{canonical}\n{lines}\n{said['SignedHeaders']}\n{digest}"
        whole = "ACS3-HMAC-SHA256\n" + hashlib.sha256(asked.encode()).hexdigest()
        right = hmac.new(self.SECRET.encode(), whole.encode(), hashlib.sha256).hexdigest()
        is_right = hmac.compare_digest(right, said["Signature"]) and said["Credential"] == self.KEY
        return is_right and required <= set(names) and digest == hashlib.sha256(b"").hexdigest()


@asynccontextmanager
async def serving(peer: Peer, port: int = 0) -> AsyncIterator[None]:
    """Let a peer listen, on any free port where none is named."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", peer.answer)  # type: ignore[attr-defined]
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    peer.port = runner.addresses[0][1]
    try:
        yield
    finally:
        await runner.cleanup()


def told_to(peer: Peer) -> list[str]:
    """What was told, as far as it is known: the text, or the variables of a template."""
    return [each.get("body") or json.loads(each["TemplateParam"])["message"] for each in peer.taken]
