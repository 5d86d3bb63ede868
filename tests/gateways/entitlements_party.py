"""A merchant's own system as a party: the reference system with faults, behind a line."""

import base64
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from domain.entitlements.elsewhere import Instruction, PointsMoved
from gateways.addresses import Addresses
from gateways.entitlements.gateway import MOST_ANSWER_BYTES, EntitlementSystem, SystemAt
from gateways.posting import Poster
from tests.gateways.line import Line, line_to
from tests.gateways.peers import port_of_peer
from tests.over_http import asking

Json = dict[str, Any]
Adapter = Callable[[Poster, SystemAt], EntitlementSystem]

_HERE = "http://127.0.0.1"


def new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


@dataclass(slots=True)
class EntitlementsParty:
    """`system` reaches it through `line`; `theirs` goes past that."""

    name: str
    url: str
    secrets: list[str]
    line: Line
    theirs: httpx.AsyncClient
    system: EntitlementSystem
    adapter: Adapter
    refusal: tuple[str, str] = ("account_closed", "account_closed: closed in May")

    async def wanted(self) -> Instruction:
        return points(50, 20)

    async def times_done(self, instruction: Instruction) -> int:
        return await self.balance(instruction.customer_id) // 30

    async def locks_us_out(self) -> None:
        await self.knows(new_secret())

    async def lets_us_in(self) -> None:
        await self.knows(*self.secrets)

    async def goes(self, course: str) -> None:
        """Let it do so from now on."""
        await self.post("course", course=course)

    async def knows(self, *its_secrets: str) -> None:
        await self.post("secrets", secrets=list(its_secrets))

    async def asked(self) -> list[str]:
        """What it was asked, in order."""
        return [each["action"] for each in await self.log()]

    async def log(self) -> list[Json]:
        log: list[Json] = (await self.post("books"))["log"]
        return log

    async def balance(self, customer_id: str, kind: str = "points", of: str = "") -> int:
        """What has moved of a customer's there."""
        return int((await self.post("books", customer_id=customer_id, kind=kind, of=of))["balance"])

    async def coupons(self) -> dict[str, str]:
        """The status of each coupon that it has been told of."""
        coupons: dict[str, str] = (await self.post("books"))["coupons"]
        return coupons

    async def post(self, what: str, **said: object) -> Json:
        made: Json = (
            (await self.theirs.post(f"/_peer/{what}", json={"name": self.name, **said})).raise_for_status().json()
        )
        return made


def points(restored: int = 50, taken: int = 20, *, customer_id: str = "") -> Instruction:
    """An instruction of its own."""
    refund_id = f"rf_{secrets.token_hex(10)}"
    moved = PointsMoved(restored, taken)
    return Instruction(f"{refund_id}-restore_points-1", "m1", refund_id, "支付/1?x=y", customer_id or refund_id, moved)


@asynccontextmanager
async def entitlements_party(adapter: Adapter = EntitlementSystem) -> AsyncIterator[EntitlementsParty]:
    port, name, secret = port_of_peer("tests.gateways.entitlements_peer"), f"s{secrets.token_hex(6)}", new_secret()
    poster = Poster(Addresses([_HERE]), most_answer_bytes=MOST_ANSWER_BYTES)
    async with (
        asking(f"{_HERE}:{port}") as theirs,
        line_to("127.0.0.1", port, begins=b"/do HTTP", does=b'"action":"do"') as line,
        poster,
    ):
        url = f"{_HERE}:{line.own_port}/{name}"
        system = adapter(poster, SystemAt(url, (secret,)))
        party = EntitlementsParty(name, url, [secret], line, theirs, system, adapter)
        await party.post("account", secrets=[secret])
        yield party
