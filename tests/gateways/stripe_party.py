"""Stripe as a party: our own peer, and an emulator that nobody here wrote; each test has an account of its own."""

import asyncio
import hashlib
import hmac
import json
import secrets
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from domain import clock
from domain.money.amounts import Money
from gateways.ports import Callback, GatewayStatus, PaymentGateway
from gateways.stripe import webhooks
from gateways.stripe.account import StripeAccount
from gateways.stripe.gateway import StripeGateway
from tests.gateways.line import Fault, Line, line_to
from tests.gateways.listener import Listener, listening
from tests.gateways.party import Booked, Course, Delivery
from tests.gateways.peers import port_of_peer
from tests.over_http import asking
from tests.shop import IN_TIME_S
from tools.demo.parties.parties import PACKAGES, node_program
from tools.demo.parties.stripe_parties import LOCALSTRIPE, STATEFUL_MOCK
from tools.stack import ports

_SECRET = "whsec_of_an_endpoint"
_ASKS = b"POST /v1/refunds"
_COPIES = 2
_REPOSITORY = Path(__file__).parents[2]

Json = dict[str, Any]


Adapter = Callable[[StripeAccount], PaymentGateway]
Hear = Callable[[Sequence[str], Mapping[str, str], bytes], Callback]


@dataclass(slots=True)
class StripeParty:
    """`theirs` goes to the counterparty past the line."""

    merchant_id: str
    gateway: PaymentGateway
    line: Line
    theirs: httpx.AsyncClient
    listener: Listener
    heard_by: Hear = webhooks.hear
    decline_code: str = "charge_disputed"
    tells: frozenset[GatewayStatus] = frozenset(GatewayStatus)

    async def charge(self, amount: Money, course: Course = Course.SUCCEEDS, reference: str = "") -> str:
        if course is Course.NEVER_ANSWERS:
            self.line.meets(Fault.ANSWER_LOST)
        of_peer = Course.SUCCEEDS if course is Course.NEVER_ANSWERS else course
        asked = {"amount": amount.minor_units, "currency": amount.currency.lower(), "course": of_peer.name}
        made = await self.post("/_peer/charges", {**asked, "id": reference})
        return str(made["charge"])

    async def intent(self, amount: Money) -> str:
        """Have a customer pay by a payment intent, and return its name."""
        asked = {"amount": amount.minor_units, "currency": amount.currency.lower(), "course": "SUCCEEDS", "intent": "1"}
        return str((await self.post("/_peer/charges", asked))["intent"])

    async def turn(self, charge_ref: str) -> None:
        await self.post("/_peer/turn", {"charge": charge_ref})

    async def forget_keys(self) -> None:
        await self.post("/_peer/forget", {})

    async def booked(self, charge_ref: str) -> Sequence[Booked]:
        listed = (await self.theirs.get("/_peer/refunds")).raise_for_status().json()["data"]
        return [_booked(each) for each in listed if charge_ref in (each["charge"], each["payment_intent"])]

    def until_it_reports(self) -> AbstractAsyncContextManager[None]:
        return nullcontext()

    async def told(self, charge_ref: str, statuses: Sequence[GatewayStatus]) -> Sequence[Delivery]:
        def of_charge(deliveries: Sequence[Delivery]) -> list[Delivery]:
            return [each for each in deliveries if json.loads(each.body)["data"]["object"]["charge"] == charge_ref]

        await self.listener.until(lambda all_: len(of_charge(all_)) >= _COPIES * len(statuses))
        return of_charge(self.listener.deliveries)

    def hear(self, headers: Mapping[str, str], body: bytes) -> Callback:
        return self.heard_by((_SECRET,), headers, body)

    def sign(self, body: bytes, *, at: datetime | None = None, secret: str | None = None) -> Mapping[str, str]:
        return signed(body, secret or _SECRET, at)

    async def post(self, path: str, form: Mapping[str, Any]) -> Json:
        made: Json = (await self.theirs.post(path, data=dict(form))).raise_for_status().json()
        return made


def signed(body: bytes, secret: str, at: datetime | None = None) -> Mapping[str, str]:
    moment = str(int((at or clock.now()).timestamp()))
    made = hmac.new(secret.encode(), moment.encode() + b"." + body, hashlib.sha256).hexdigest()
    return {"stripe-signature": f"t={moment},v1={made}"}


class LocalstripeParty(StripeParty):
    """`localstripe`: payment intents and what it lists; it knows neither idempotency keys nor refunds of too much."""

    async def charge(self, amount: Money, course: Course = Course.SUCCEEDS, reference: str = "") -> str:
        if course is Course.NEVER_ANSWERS:
            self.line.meets(Fault.ANSWER_LOST)
        assert not reference, "it names what it makes itself"
        card = {"type": "card", "card[number]": "4242424242424242", "card[exp_month]": 12, "card[exp_year]": 2040}
        method = await self.post("/v1/payment_methods", {**card, "card[cvc]": "123"})
        asked = {"amount": amount.minor_units, "currency": amount.currency.lower(), "payment_method": method["id"]}
        made = await self.post("/v1/payment_intents", {**asked, "confirm": "true"})
        return str(made["id"])

    async def forget_keys(self) -> None:
        """It never knew any."""

    async def booked(self, charge_ref: str) -> Sequence[Booked]:
        listed = await self.theirs.get("/v1/refunds", params={"payment_intent": charge_ref, "limit": 100})
        return [_booked(each) for each in listed.raise_for_status().json()["data"]]


class StatefulMockParty(StripeParty):
    """npm's `stripe-stateful-mock`: charges and keys; it knows neither intents, events nor what is pending."""

    async def charge(self, amount: Money, course: Course = Course.SUCCEEDS, reference: str = "") -> str:
        if course is Course.NEVER_ANSWERS:
            self.line.meets(Fault.ANSWER_LOST)
        assert not reference, "it names what it makes itself"
        source = "tok_createDispute" if course is Course.DECLINES else "tok_visa"
        asked = {"amount": amount.minor_units, "currency": amount.currency.lower(), "source": source}
        return str((await self.post("/v1/charges", asked))["id"])

    async def booked(self, charge_ref: str) -> Sequence[Booked]:
        listed = await self.theirs.get("/v1/refunds", params={"charge": charge_ref, "limit": 100})
        return [_booked(each) for each in listed.raise_for_status().json()["data"]]


def _booked(refund: Json) -> Booked:
    return Booked(refund["metadata"]["makewhole_key"], refund["id"], refund["amount"], refund["status"])


@asynccontextmanager
async def peer_party(_: str, adapter: Adapter = StripeGateway) -> AsyncIterator[StripeParty]:
    async with _party(port_of_peer("tests.gateways.stripe_peer"), StripeParty, adapter) as party:
        await party.post("/_peer/endpoint", {"url": party.listener.url, "secret": _SECRET})
        yield party


@asynccontextmanager
async def localstripe_party(_: str) -> AsyncIterator[StripeParty]:
    serve = (sys.executable, "-c", LOCALSTRIPE, "PORT")
    async with running(*serve) as port, _party(port, LocalstripeParty) as party:
        yield party


@asynccontextmanager
async def stateful_mock_party(_: str) -> AsyncIterator[StripeParty]:
    serve = (str(node_program()), "-e", STATEFUL_MOCK, str(PACKAGES / "stripe-stateful-mock"), "PORT")
    async with running(*serve) as port, _party(port, StatefulMockParty) as party:
        yield party


@asynccontextmanager
async def _party(port: int, kind: type[StripeParty], adapter: Adapter = StripeGateway) -> AsyncIterator[StripeParty]:
    key = f"sk_test_{secrets.token_hex(8)}"
    theirs = asking(f"http://127.0.0.1:{port}", authorization=f"Bearer {key}")
    async with theirs, line_to("127.0.0.1", port, begins=_ASKS) as line, listening() as listener:
        gateway = adapter(StripeAccount(key, base_address=f"http://127.0.0.1:{line.own_port}"))
        yield kind(f"m-{secrets.token_hex(6)}", gateway, line, theirs, listener)


@asynccontextmanager
async def running(*command: str, port: int = 0) -> AsyncIterator[int]:
    """A program on a port, its own if none is given, which stands in place of `PORT`, until the body is done."""
    port = port or ports.any_free()
    told = [str(port) if word == "PORT" else word for word in command]
    process = await asyncio.create_subprocess_exec(*told, cwd=_REPOSITORY)
    try:
        await _until_it_answers(port)
        yield port
    finally:
        process.kill()
        await process.wait()


async def _until_it_answers(port: int) -> None:
    async with asyncio.timeout(IN_TIME_S):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return
