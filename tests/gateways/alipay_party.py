"""Alipay as a party: our own peer, with an application of its own for each test."""

import base64
import secrets
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

import httpx
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from domain.money.amounts import Money
from gateways.alipay import webhooks
from gateways.alipay.account import AlipayAccount, read
from gateways.alipay.gateway import AlipayGateway
from gateways.ports import Callback, GatewayStatus, PaymentGateway
from tests.gateways.line import Fault, Line, line_to
from tests.gateways.listener import Listener, listening
from tests.gateways.party import Booked, Course, Delivery
from tests.gateways.peers import port_of_peer
from tests.gateways.wechat_pay_party import private_pem, public_pem, rsa_key
from tests.over_http import asking

_ASKS = b"method=alipay.trade.refund&"
_COPIES = 2

Json = dict[str, Any]
Adapter = Callable[[AlipayAccount], PaymentGateway]
Hear = Callable[[AlipayAccount, bytes], Callback]
Read = Callable[[str, Mapping[str, str], str], AlipayAccount]


def secrets_of_application() -> dict[str, str]:
    return {"private_key": private_pem(rsa_key("merchant")), "alipay_public_key": public_pem(rsa_key("alipay"))}


@dataclass(slots=True)
class AlipayParty:
    """`theirs` goes to the counterparty past the line."""

    merchant_id: str
    gateway: PaymentGateway
    line: Line
    theirs: httpx.AsyncClient
    listener: Listener
    account: AlipayAccount
    heard_by: Hear = webhooks.hear
    decline_code: str = "ACQ.TRADE_HAS_FINISHED"
    tells: frozenset[GatewayStatus] = frozenset({GatewayStatus.SUCCEEDED})

    async def charge(self, amount: Money, course: Course = Course.SUCCEEDS, reference: str = "") -> str:
        if course is Course.NEVER_ANSWERS:
            self.line.meets(Fault.ANSWER_LOST)
        of_peer = Course.SUCCEEDS if course is Course.NEVER_ANSWERS else course
        made = await self.post("charges", amount=amount.minor_units, course=of_peer.name, id=reference)
        return str(made["charge"])

    async def turn(self, charge_ref: str) -> None:
        await self.post("turn", charge=charge_ref)

    async def forget_keys(self) -> None:
        """They never do."""

    async def rule(self, **rules: object) -> None:
        await self.post("rules", **rules)

    async def booked(self, charge_ref: str) -> Sequence[Booked]:
        return [
            Booked(number, f"{trade_no}/{number}", fen, "succeeded" if is_done else "taken")
            for trade_no, out_trade_no, number, fen, is_done in (await self.post("refunds"))["refunds"]
            if charge_ref in (trade_no, out_trade_no)
        ]

    def until_it_reports(self) -> AbstractAsyncContextManager[None]:
        return nullcontext()

    async def told(self, charge_ref: str, statuses: Sequence[GatewayStatus]) -> Sequence[Delivery]:
        def of_charge(deliveries: Sequence[Delivery]) -> list[Delivery]:
            return [each for each in deliveries if charge_ref in _charges_of(each)]

        await self.listener.until(lambda all_: len(of_charge(all_)) >= _COPIES * len(statuses))
        return of_charge(self.listener.deliveries)

    def hear(self, _: Mapping[str, str], body: bytes) -> Callback:
        return self.heard_by(self.account, body)

    def sign(self, body: bytes, *, at: datetime | None = None, secret: str | None = None) -> Mapping[str, str]:  # noqa: ARG002
        """They sign in the form itself: no header of theirs says anything."""
        return {}

    async def post(self, what: str, **said: object) -> Json:
        body = {"account": self.account.app_id, **said}
        made: Json = (await self.theirs.post(f"/_peer/{what}", json=body)).raise_for_status().json()
        return made


def form(fields: Mapping[str, str], owner: str = "alipay") -> bytes:
    """Sign a notification as they do."""
    content = "&".join(f"{name}={fields[name]}" for name in sorted(fields) if fields[name])
    signature = rsa_key(owner).sign(content.encode(), padding.PKCS1v15(), hashes.SHA256())
    return urlencode({**fields, "sign_type": "RSA2", "sign": base64.b64encode(signature).decode()}).encode()


def _charges_of(delivery: Delivery) -> tuple[str, str]:
    said = dict(parse_qsl(delivery.body.decode()))
    return said["trade_no"], said["out_trade_no"]


@asynccontextmanager
async def alipay_party(_: str, adapter: Adapter = AlipayGateway, reads: Read = read) -> AsyncIterator[AlipayParty]:
    app_id, port = str(secrets.randbelow(9 * 10**15) + 10**15), port_of_peer("tests.gateways.alipay_peer")
    async with (
        asking(f"http://127.0.0.1:{port}") as theirs,
        line_to("127.0.0.1", port, begins=_ASKS) as line,
        listening() as listener,
    ):
        account = reads(app_id, secrets_of_application(), f"http://127.0.0.1:{line.own_port}")
        await told_of_application(theirs, app_id, listener.url)
        yield AlipayParty(f"m-{secrets.token_hex(6)}", adapter(account), line, theirs, listener, account)


async def told_of_application(theirs: httpx.AsyncClient, app_id: str, notify_url: str) -> None:
    """Tell the peer whose application it is."""
    keys = {"merchant": public_pem(rsa_key("merchant")), "own": private_pem(rsa_key("alipay"))}
    (await theirs.post("/_peer/account", json={"app_id": app_id, "notify_url": notify_url, **keys})).raise_for_status()
