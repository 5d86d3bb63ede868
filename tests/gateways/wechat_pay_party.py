"""WeChat Pay as a party: our own peer, with an account of its own for each test."""

import base64
import json
import secrets
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import httpx
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain import clock
from domain.money.amounts import Money
from gateways.ports import Callback, GatewayStatus, PaymentGateway
from gateways.wechat_pay import webhooks
from gateways.wechat_pay.account import WeChatPayAccount, read
from gateways.wechat_pay.gateway import WeChatPayGateway
from tests.gateways.line import Fault, Line, line_to
from tests.gateways.listener import Listener, listening
from tests.gateways.party import Booked, Course, Delivery
from tests.gateways.peers import port_of_peer
from tests.over_http import asking

_ASKS = b"POST /v3/refund/domestic/refunds"
_COPIES = 2
KEY_ID = "PUB_KEY_ID_0114232134912410000000000000"
SERIAL = "5157F09EFDC096DE15EBE81A47057A7232F1B8E1"

Json = dict[str, Any]
Adapter = Callable[[WeChatPayAccount], PaymentGateway]
Hear = Callable[[WeChatPayAccount, Mapping[str, str], bytes], Callback]
Read = Callable[[str, Mapping[str, str], str], WeChatPayAccount]


@cache
def rsa_key(owner: str) -> rsa.RSAPrivateKey:
    """One key for each owner in all tests, as making one takes long; another owner has another."""
    assert owner
    return rsa.generate_private_key(public_exponent=65_537, key_size=2_048)


def private_pem(key: rsa.RSAPrivateKey) -> str:
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, *form).decode()


def public_pem(key: rsa.RSAPrivateKey) -> str:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.PEM, form).decode()


def secrets_of_account() -> dict[str, str]:
    return {
        "app_id": "wxd678efh567hg6787",
        "private_key": private_pem(rsa_key("merchant")),
        "certificate_serial": SERIAL,
        "api_v3_key": "v3" + secrets.token_hex(15),
        "api_v2_key": "v2" + secrets.token_hex(15),
        "platform_keys": f"{KEY_ID}\n{public_pem(rsa_key('wechat pay'))}",
    }


@dataclass(slots=True)
class WeChatPayParty:
    """`theirs` goes to the counterparty past the line."""

    merchant_id: str
    gateway: PaymentGateway
    line: Line
    theirs: httpx.AsyncClient
    listener: Listener
    account: WeChatPayAccount
    told_secrets: Mapping[str, str]
    heard_by: Hear = webhooks.hear
    decline_code: str = "USER_ACCOUNT_ABNORMAL"
    tells: frozenset[GatewayStatus] = frozenset({GatewayStatus.SUCCEEDED, GatewayStatus.FAILED})

    async def charge(
        self, amount: Money, course: Course = Course.SUCCEEDS, reference: str = "", *, days_ago: float = 0
    ) -> str:
        if course is Course.NEVER_ANSWERS:
            self.line.meets(Fault.ANSWER_LOST)
        of_peer = Course.SUCCEEDS if course is Course.NEVER_ANSWERS else course
        asked = {"amount": amount.minor_units, "course": of_peer.name, "id": reference, "days_ago": days_ago}
        return str((await self.post("charges", **asked))["said"])

    async def turn(self, charge_ref: str, becomes: str = "") -> None:
        await self.post("turn", charge=charge_ref, becomes=becomes)

    async def forget_keys(self) -> None:
        """They never do."""

    async def rule(self, **rules: object) -> None:
        await self.post("rules", **rules)

    async def booked(self, charge_ref: str) -> Sequence[Booked]:
        listed = (await self.post("refunds"))["said"]
        return [
            Booked(each["out_refund_no"], each["refund_id"], each["amount"]["refund"], each["status"])
            for each in listed
            if charge_ref in (each["transaction_id"], each["out_trade_no"])
        ]

    @asynccontextmanager
    async def until_it_reports(self) -> AsyncIterator[None]:
        """The next day, half past ten in Beijing."""
        now = clock.now()
        morning = (now + timedelta(hours=8)).replace(hour=10, minute=30) + timedelta(days=1, hours=-8)
        began, ahead = time.monotonic(), morning - now
        await self.rule(ahead_s=ahead.total_seconds())
        with clock.set_to(lambda: now + ahead + timedelta(seconds=time.monotonic() - began)):
            yield

    async def told(self, charge_ref: str, statuses: Sequence[GatewayStatus]) -> Sequence[Delivery]:
        def of_charge(deliveries: Sequence[Delivery]) -> list[Delivery]:
            return [each for each in deliveries if charge_ref in self._charges_of(each)]

        await self.listener.until(lambda all_: len(of_charge(all_)) >= _COPIES * len(statuses))
        return of_charge(self.listener.deliveries)

    def hear(self, headers: Mapping[str, str], body: bytes) -> Callback:
        return self.heard_by(self.account, headers, body)

    def sign(self, body: bytes, *, at: datetime | None = None, secret: str | None = None) -> Mapping[str, str]:
        moment, nonce = str(int((at or clock.now()).timestamp())), secrets.token_hex(16)
        signed = f"{moment}\n{nonce}\n".encode() + body + b"\n"
        signature = rsa_key(secret or "wechat pay").sign(signed, padding.PKCS1v15(), hashes.SHA256())
        return {
            "wechatpay-timestamp": moment,
            "wechatpay-nonce": nonce,
            "wechatpay-serial": KEY_ID,
            "wechatpay-signature": base64.b64encode(signature).decode(),
        }

    async def post(self, what: str, **said: object) -> Json:
        body = {"account": self.account.merchant_number, **said}
        made: Json = (await self.theirs.post(f"/_peer/{what}", json=body)).raise_for_status().json()
        return made

    def _charges_of(self, delivery: Delivery) -> tuple[str, str]:
        resource = json.loads(delivery.body)["resource"]
        text = base64.b64decode(resource["ciphertext"])
        key = AESGCM(self.told_secrets["api_v3_key"].encode())
        said = json.loads(key.decrypt(resource["nonce"].encode(), text, resource["associated_data"].encode()))
        return said["transaction_id"], said["out_trade_no"]


@asynccontextmanager
async def wechat_pay_party(
    _: str, adapter: Adapter = WeChatPayGateway, reads: Read = read
) -> AsyncIterator[WeChatPayParty]:
    number, kept = str(secrets.randbelow(9 * 10**9) + 10**9), secrets_of_account()
    port = port_of_peer("tests.gateways.wechat_pay_peer")
    async with (
        asking(f"http://127.0.0.1:{port}") as theirs,
        line_to("127.0.0.1", port, begins=_ASKS) as line,
        listening() as listener,
    ):
        account = reads(number, kept, f"http://127.0.0.1:{line.own_port}")
        party = WeChatPayParty(f"m-{secrets.token_hex(6)}", adapter(account), line, theirs, listener, account, kept)
        await told_of_account(theirs, number, kept, listener.url)
        await party.rule(between_s=0)
        yield party


async def told_of_account(theirs: httpx.AsyncClient, number: str, kept: Mapping[str, str], notify_url: str) -> None:
    """Tell the peer whose account it is, and what its merchant has told them of it."""
    keys = {
        "merchant": public_pem(rsa_key("merchant")),
        "merchant_serial": kept["certificate_serial"],
        "own": private_pem(rsa_key("wechat pay")),
        "own_id": KEY_ID,
        "api_v3_key": kept["api_v3_key"],
        "api_v2_key": kept["api_v2_key"],
    }
    body = {"number": number, "keys": keys, "notify_url": notify_url}
    (await theirs.post("/_peer/account", json=body)).raise_for_status()
