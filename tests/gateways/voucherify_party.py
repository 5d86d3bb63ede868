"""Voucherify as a party: a project of its own at our peer, behind a line."""

import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from domain.entitlements.elsewhere import CouponMove, CouponMoved, CouponsMoved, Instruction
from gateways.addresses import Addresses
from gateways.posting import Poster
from gateways.voucherify.calls import VoucherifyAt
from gateways.voucherify.gateway import VoucherifySystem
from tests.gateways.line import Line, line_to
from tests.gateways.peers import port_of_peer
from tests.over_http import asking

Json = dict[str, Any]
Adapter = Callable[[Poster, VoucherifyAt], VoucherifySystem]

_HERE = "http://127.0.0.1"


@dataclass(slots=True)
class VoucherifyParty:
    """`system` reaches it through `line`; `theirs` goes past that."""

    at: VoucherifyAt
    line: Line
    theirs: httpx.AsyncClient
    system: VoucherifySystem
    refusal: tuple[str, str] = (
        "rollback_period_exceeded",
        "rollback_period_exceeded: You can roll back up to 3 months back",
    )

    async def wanted(self) -> Instruction:
        """The one coupon of an order comes back; ids have every character that an order's may have."""
        code, order_id = f"SAVE/10 %{secrets.token_hex(4)}", f"支付/1?x=y&{secrets.token_hex(4)}"
        await self.redeemed(order_id, code)
        return coupons(order_id, (code, CouponMove.REINSTATED))

    async def times_done(self, instruction: Instruction) -> int:
        """Count the rollbacks of its coupon, less what was redeemed again."""
        assert isinstance(instruction.effect, CouponsMoved)
        (coupon,) = instruction.effect.coupons
        books = await self.post("books")
        is_back = coupon.coupon_id not in books["standing"]
        rollbacks = int(books["rollbacks"].count(coupon.coupon_id))
        return rollbacks if is_back else rollbacks - 1 if rollbacks else 0

    async def redeemed(self, order_id: str, *codes: str) -> None:
        """Let an order have redeemed these, together where there are several."""
        await self.post("redeemed", order_id=order_id, customer_id="李雷", codes=list(codes))

    async def goes(self, course: str) -> None:
        await self.post("course", course=course)

    async def locks_us_out(self) -> None:
        await self.post("token", token="another")

    async def lets_us_in(self) -> None:
        await self.post("token", token=self.at.app_token)

    async def standing(self) -> list[str]:
        """The codes whose redemptions stand."""
        codes: list[str] = (await self.post("books"))["standing"]
        return codes

    async def active(self, code: str) -> bool:
        return bool((await self.post("books"))["active"][code])

    async def asked(self) -> list[str]:
        """What it was asked to change, in order: the ends of the paths."""
        return [each.rpartition("/")[2] for each in (await self.post("books"))["log"]]

    async def post(self, what: str, **said: object) -> Json:
        answer = await self.theirs.post(f"/_peer/{what}", json={"app_id": self.at.app_id, **said})
        made: Json = answer.raise_for_status().json()
        return made


def coupons(order_id: str, *moved: tuple[str, CouponMove]) -> Instruction:
    """An instruction of its own."""
    refund_id = f"rf_{secrets.token_hex(10)}"
    effect = CouponsMoved(tuple(CouponMoved(code, outcome, 0, "CNY") for code, outcome in moved))
    return Instruction(f"{refund_id}-reinstate_coupons-1", "m1", refund_id, order_id, "李雷", effect)


@asynccontextmanager
async def voucherify_party(adapter: Adapter = VoucherifySystem) -> AsyncIterator[VoucherifyParty]:
    port, app_id, token = port_of_peer("tests.gateways.voucherify_peer"), secrets.token_hex(6), secrets.token_hex(8)
    async with (
        asking(f"{_HERE}:{port}") as theirs,
        line_to("127.0.0.1", port, begins=b"POST /v1/redemptions/", does=b'"reason"') as line,
        Poster(Addresses([_HERE])) as poster,
    ):
        at = VoucherifyAt(f"{_HERE}:{line.own_port}", app_id, token)
        party = VoucherifyParty(at, line, theirs, adapter(poster, at))
        await party.post("project", token=token)
        yield party
