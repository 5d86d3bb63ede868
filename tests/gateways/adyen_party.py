"""Adyen as a party: our own peer, with a merchant account of its own for each test, and a memory of its webhooks."""

import json
import secrets
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx

from domain.money.amounts import Money
from gateways.adyen import webhooks
from gateways.adyen.account import AdyenAccount, read
from gateways.adyen.gateway import AdyenGateway
from gateways.ports import Callback, GatewayStatus, HeardWebhooks, JsonObject, PaymentGateway, ProviderEvent
from tests.gateways.line import Fault, Line, line_to
from tests.gateways.listener import Listener, listening
from tests.gateways.party import Booked, Course, Delivery
from tests.gateways.peers import port_of_peer
from tests.over_http import asking

_COPIES = 2

Json = dict[str, Any]
Adapter = Callable[[AdyenAccount, HeardWebhooks], PaymentGateway]
Hear = Callable[[AdyenAccount, bytes], Callback]
Read = Callable[[str, Mapping[str, str], str], AdyenAccount]


def secrets_of_account() -> dict[str, str]:
    return {
        "api_key": f"AQE{secrets.token_urlsafe(40)}",
        "hmac_keys": secrets.token_hex(32).upper(),
        "live_url_prefix": "1797a841fbb37ca7-AdyenDemo",
    }


@dataclass(slots=True)
class Memory:
    """Keeps what came in by webhook, each once, as the API does; here in memory."""

    account: AdyenAccount
    listener: Listener
    heard_by: Hear = webhooks.hear
    heard: dict[str, Callback] = field(default_factory=dict)

    async def of_key(self, key: str) -> Sequence[JsonObject]:
        events = [(each.event, each.body) for each in self._all()]
        return [body for event, body in events if isinstance(event, ProviderEvent) and event.key == key]

    async def of_charge(self, charge_ref: str) -> Sequence[JsonObject]:
        return [each.body for each in self._all() if each.body.get("originalReference") == charge_ref]

    async def since(self, moment: datetime) -> Sequence[JsonObject]:  # noqa: ARG002
        return [each.body for each in self._all()]

    def _all(self) -> Sequence[Callback]:
        for each in self.listener.deliveries:
            heard = self.heard_by(self.account, each.body)
            self.heard.setdefault(heard.webhook_id, heard)
        return list(self.heard.values())


@dataclass(slots=True)
class AdyenParty:
    """`theirs` goes to the counterparty past the line."""

    merchant_id: str
    gateway: PaymentGateway
    line: Line
    theirs: httpx.AsyncClient
    listener: Listener
    account: AdyenAccount
    memory: Memory
    decline_code: str = "Refused by the card scheme"
    tells: frozenset[GatewayStatus] = frozenset({GatewayStatus.SUCCEEDED, GatewayStatus.FAILED})

    async def charge(self, amount: Money, course: Course = Course.SUCCEEDS, reference: str = "") -> str:
        if course is Course.NEVER_ANSWERS:
            self.line.meets(Fault.ANSWER_LOST)
        of_peer = Course.SUCCEEDS if course is Course.NEVER_ANSWERS else course
        said = {"currency": amount.currency, "value": amount.minor_units}
        return str((await self.post("charges", amount=said, course=of_peer.name, id=reference))["charge"])

    async def turn(self, charge_ref: str) -> None:
        await self.post("turn", charge=charge_ref)

    async def forget_keys(self) -> None:
        await self.post("forget")

    async def rule(self, **rules: object) -> None:
        await self.post("rules", **rules)

    async def booked(self, charge_ref: str) -> Sequence[Booked]:
        return [
            Booked(reference, psp_reference, units, "succeeded")
            for payment, reference, psp_reference, units, has_failed in (await self.post("refunds"))["refunds"]
            if payment == charge_ref and not has_failed
        ]

    def until_it_reports(self) -> AbstractAsyncContextManager[None]:
        return nullcontext()

    async def told(self, charge_ref: str, statuses: Sequence[GatewayStatus]) -> Sequence[Delivery]:
        def of_charge(deliveries: Sequence[Delivery]) -> list[Delivery]:
            return [each for each in deliveries if item_of(each.body)["originalReference"] == charge_ref]

        await self.listener.until(lambda all_: len(of_charge(all_)) >= _COPIES * len(statuses))
        return of_charge(self.listener.deliveries)

    def hear(self, _: Mapping[str, str], body: bytes) -> Callback:
        return self.memory.heard_by(self.account, body)

    def sign(self, body: bytes, *, at: datetime | None = None, secret: str | None = None) -> Mapping[str, str]:  # noqa: ARG002
        """They sign in the item itself: no header of theirs says anything."""
        return {}

    async def post(self, what: str, **said: object) -> Json:
        body = {"account": self.account.api_key, **said}
        made: Json = (await self.theirs.post(f"/_peer/{what}", json=body)).raise_for_status().json()
        return made


def item_of(body: bytes) -> Json:
    item: Json = json.loads(body)["notificationItems"][0]["NotificationRequestItem"]
    return item


@asynccontextmanager
async def adyen_party(
    _: str, adapter: Adapter = AdyenGateway, reads: Read = read, heard_by: Hear = webhooks.hear
) -> AsyncIterator[AdyenParty]:
    kept, merchant_account = secrets_of_account(), f"Kettles{secrets.token_hex(4)}ECOM"
    port = port_of_peer("tests.gateways.adyen_peer")
    async with (
        asking(f"http://127.0.0.1:{port}") as theirs,
        line_to("127.0.0.1", port, begins=b"POST /v72/payments/") as line,
        listening() as listener,
    ):
        account = reads(merchant_account, kept, f"http://127.0.0.1:{line.own_port}")
        memory = Memory(account, listener, heard_by)
        await told_of_account(theirs, merchant_account, kept, listener.url)
        gateway = adapter(account, memory)
        yield AdyenParty(f"m-{secrets.token_hex(6)}", gateway, line, theirs, listener, account, memory)


async def told_of_account(
    theirs: httpx.AsyncClient, merchant_account: str, kept: Mapping[str, str], notify_url: str
) -> None:
    """Tell the peer whose account it is."""
    told = {"merchant_account": merchant_account, "api_key": kept["api_key"], "hmac_key": kept["hmac_keys"]}
    (await theirs.post("/_peer/account", json={**told, "notify_url": notify_url})).raise_for_status()
