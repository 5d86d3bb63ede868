"""PayPal as a party: our own peer, with a REST app of its own for each test."""

import base64
import json
import secrets
import time
import zlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import unquote

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.x509.oid import NameOID

from domain import clock
from domain.money.amounts import Money
from domain.money.currencies import DECIMALS
from gateways.paypal import webhooks
from gateways.paypal.account import PayPalAccount, read
from gateways.paypal.gateway import PayPalGateway
from gateways.ports import Callback, GatewayStatus, PaymentGateway
from tests.gateways.line import Fault, Line, line_to
from tests.gateways.listener import Listener, listening
from tests.gateways.party import Booked, Course, Delivery
from tests.gateways.peers import port_of_peer
from tests.gateways.wechat_pay_party import private_pem, rsa_key
from tests.over_http import asking

_ASKS = b"POST /v2/payments/captures/"
_COPIES = 2
_LATER = timedelta(hours=4)
_WORDS = {"COMPLETED": GatewayStatus.SUCCEEDED}

Json = dict[str, Any]
Adapter = Callable[[PayPalAccount], PaymentGateway]
Hear = Callable[[PayPalAccount, Mapping[str, str], bytes], Callback]
Read = Callable[[str, Mapping[str, str], str], PayPalAccount]


@cache
def certificate(owner: str) -> str:
    """A certificate of an owner's key, signed by itself."""
    key, name = rsa_key(owner), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, owner)])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(x509.random_serial_number()).not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
    signed = made.not_valid_after(datetime(2036, 1, 1, tzinfo=UTC)).sign(key, hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM).decode()


def secrets_of_app() -> dict[str, str]:
    return {
        "client_secret": "E" + secrets.token_urlsafe(30),
        "webhook_id": secrets.token_hex(9).upper()[:17],
        "webhook_certificates": certificate("paypal"),
    }


@dataclass(slots=True)
class PayPalParty:
    """`theirs` goes to the counterparty past the line."""

    merchant_id: str
    gateway: PaymentGateway
    line: Line
    theirs: httpx.AsyncClient
    listener: Listener
    account: PayPalAccount
    heard_by: Hear = webhooks.hear
    decline_code: str = "PAYER_ACCOUNT_LOCKED_OR_CLOSED"
    tells: frozenset[GatewayStatus] = frozenset({GatewayStatus.PENDING, GatewayStatus.SUCCEEDED, GatewayStatus.FAILED})

    async def charge(
        self, amount: Money, course: Course = Course.SUCCEEDS, reference: str = "", *, order: str = ""
    ) -> str:
        if course is Course.NEVER_ANSWERS:
            self.line.meets(Fault.ANSWER_LOST)
        of_peer = Course.SUCCEEDS if course is Course.NEVER_ANSWERS else course
        asked = {"amount": written(amount), "course": of_peer.name, "id": reference, "order": order}
        return str((await self.post("charges", **asked))["charge"])

    async def turn(self, charge_ref: str) -> None:
        await self.post("turn", charge=charge_ref)

    async def forget_keys(self) -> None:
        await self.post("forget")

    async def rule(self, **rules: object) -> None:
        await self.post("rules", **rules)

    async def booked(self, charge_ref: str) -> Sequence[Booked]:
        return [
            Booked(each["custom_id"], each["id"], _cents(each), _WORDS.get(each["status"], each["status"]))
            for each in (await self.post("refunds"))["refunds"]
            if _capture_of(each) == charge_ref
        ]

    @asynccontextmanager
    async def until_it_reports(self) -> AsyncIterator[None]:
        """The transaction search has what was made three hours ago."""
        await self.rule(ahead_s=_LATER.total_seconds())
        began, now = time.monotonic(), clock.now()
        with clock.set_to(lambda: now + _LATER + timedelta(seconds=time.monotonic() - began)):
            yield

    async def told(self, charge_ref: str, statuses: Sequence[GatewayStatus]) -> Sequence[Delivery]:
        def of_charge(deliveries: Sequence[Delivery]) -> list[Delivery]:
            return [each for each in deliveries if _capture_of(json.loads(each.body)["resource"]) == charge_ref]

        await self.listener.until(lambda all_: len(of_charge(all_)) >= _COPIES * len(statuses))
        return of_charge(self.listener.deliveries)

    def hear(self, headers: Mapping[str, str], body: bytes) -> Callback:
        return self.heard_by(self.account, headers, body)

    def sign(
        self, body: bytes, *, at: datetime | None = None, secret: str | None = None, webhook_id: str = ""
    ) -> Mapping[str, str]:
        delivery, moment = secrets.token_hex(16), (at or clock.now()).strftime("%Y-%m-%dT%H:%M:%SZ")
        signed = f"{delivery}|{moment}|{webhook_id or self.account.webhook_id}|{zlib.crc32(body)}".encode()
        signature = rsa_key(secret or "paypal").sign(signed, padding.PKCS1v15(), hashes.SHA256())
        return {
            "paypal-transmission-id": delivery,
            "paypal-transmission-time": moment,
            "paypal-transmission-sig": base64.b64encode(signature).decode(),
            "paypal-auth-algo": "SHA256withRSA",
        }

    async def post(self, what: str, **said: object) -> Json:
        body = {"account": self.account.client_id, **said}
        made: Json = (await self.theirs.post(f"/_peer/{what}", json=body)).raise_for_status().json()
        return made


def written(amount: Money) -> Json:
    """An amount as PayPal writes it, of currencies that have as many decimals there as here, or none there."""
    decimals = 0 if amount.currency in ("HUF", "TWD") else DECIMALS[amount.currency]
    units = amount.minor_units // 10 ** (DECIMALS[amount.currency] - decimals)
    return {"currency_code": amount.currency, "value": f"{units / 10**decimals:.{decimals}f}"}


def _cents(refund: Json) -> int:
    return round(float(refund["amount"]["value"]) * 100)


def _capture_of(refund: Json) -> str:
    return unquote(refund["links"][1]["href"].rpartition("/")[2])


@asynccontextmanager
async def paypal_party(_: str, adapter: Adapter = PayPalGateway, reads: Read = read) -> AsyncIterator[PayPalParty]:
    client_id, kept = f"A{secrets.token_urlsafe(40)}", secrets_of_app()
    port = port_of_peer("tests.gateways.paypal_peer")
    async with (
        asking(f"http://127.0.0.1:{port}") as theirs,
        line_to("127.0.0.1", port, begins=_ASKS) as line,
        listening() as listener,
    ):
        account = reads(client_id, kept, f"http://127.0.0.1:{line.own_port}")
        await told_of_app(theirs, client_id, kept, listener.url)
        yield PayPalParty(f"m-{secrets.token_hex(6)}", adapter(account), line, theirs, listener, account)


async def told_of_app(theirs: httpx.AsyncClient, client_id: str, kept: Mapping[str, str], notify_url: str) -> None:
    """Tell the peer whose app it is."""
    told = {"client_id": client_id, "secret": kept["client_secret"], "webhook_id": kept["webhook_id"]}
    body = {**told, "key": private_pem(rsa_key("paypal")), "notify_url": notify_url}
    (await theirs.post("/_peer/app", json=body)).raise_for_status()
