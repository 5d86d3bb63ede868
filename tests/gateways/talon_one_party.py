"""Talon.One as a party: a deployment of its own at our peer, behind a line."""

import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from domain.entitlements.elsewhere import Instruction, LineBack, UnitsBack
from gateways.addresses import Addresses
from gateways.posting import Poster
from gateways.talon_one.calls import TalonOneAt
from gateways.talon_one.gateway import TalonOneSystem
from tests.gateways.line import Line, line_to
from tests.gateways.peers import port_of_peer
from tests.over_http import asking

Json = dict[str, Any]
Adapter = Callable[[Poster, TalonOneAt], TalonOneSystem]

_HERE = "http://127.0.0.1"


@dataclass(slots=True)
class TalonOneParty:
    """`system` reaches it through `line`; `theirs` goes past that."""

    name: str
    at: TalonOneAt
    line: Line
    theirs: httpx.AsyncClient
    system: TalonOneSystem
    refusal: tuple[str, str] = (
        "refused",
        "Request refused: Return refused: the Application takes no returns",
    )

    async def wanted(self) -> Instruction:
        """The last unit of an order's second line comes back: of that one no two returns can be made at once."""
        order_id = f"支付/1?x=y&{secrets.token_hex(4)}"
        await self.sold(order_id, item(0, "cup", 2), item(1, "kettle", 3))
        await self.returned_by_hand(order_id, 1, 2)
        return units_back(order_id, back("l2", "kettle", 1, before=2, ordered=3))

    async def times_done(self, instruction: Instruction) -> int:
        """Count the units that are back beside the two that were from the beginning."""
        return (await self.returned(instruction.order_id))[1] - 2

    async def sold(self, order_id: str, *cart_items: Json, state: str = "closed") -> None:
        await self.post("session", order_id=order_id, cart_items=list(cart_items), state=state)

    async def returned_by_hand(self, order_id: str, position: int, quantity: int) -> None:
        items = [{"position": position, "quantity": quantity}]
        await self.post("returned_by_hand", order_id=order_id, items=items)

    async def is_in_state(self, order_id: str, state: str) -> None:
        await self.post("state", order_id=order_id, state=state)

    async def returned(self, order_id: str) -> list[int]:
        """How many units of each cart item are returned, by position."""
        found = (await self.post("books"))["returned"][order_id]
        return [found[each] for each in sorted(found, key=int)]

    async def asked(self) -> list[list[tuple[int, int]]]:
        """The positions and quantities of each return that was asked for, in order."""
        log = (await self.post("books"))["log"]
        return [
            [(each["position"], each["quantity"]) for each in asked["return"]["returnedCartItems"]] for asked in log
        ]

    async def goes(self, course: str) -> None:
        await self.post("course", course=course)

    async def locks_us_out(self) -> None:
        await self.post("key", key="another")

    async def lets_us_in(self) -> None:
        await self.post("key", key=self.at.api_key)

    async def post(self, what: str, **said: object) -> Json:
        answer = await self.theirs.post(f"/_peer/{what}", json={"name": self.name, **said})
        made: Json = answer.raise_for_status().json()
        return made


def item(position: int, sku: str, quantity: int, line_id: str | None = None) -> Json:
    """A cart item; with a line's id as its attribute where one is given."""
    named = {} if line_id is None else {"attributes": {"line_id": line_id}}
    return {"position": position, "sku": sku, "quantity": quantity, **named}


def back(line_id: str, sku: str, quantity: int, *, ordered: int, before: int = 0) -> LineBack:
    return LineBack(line_id, sku, str(quantity), str(before + quantity), str(ordered), None)


def units_back(order_id: str, *lines: LineBack) -> Instruction:
    """An instruction of its own."""
    refund_id = f"rf_{secrets.token_hex(10)}"
    return Instruction(f"{refund_id}-return_units-1", "m1", refund_id, order_id, "李雷", UnitsBack(lines))


@asynccontextmanager
async def talon_one_party(adapter: Adapter = TalonOneSystem) -> AsyncIterator[TalonOneParty]:
    port, name, key = port_of_peer("tests.gateways.talon_one_peer"), f"d{secrets.token_hex(6)}", secrets.token_hex(8)
    async with (
        asking(f"{_HERE}:{port}") as theirs,
        line_to("127.0.0.1", port, begins=b"/returns HTTP", does=b'"returnedCartItems"') as line,
        Poster(Addresses([_HERE])) as poster,
    ):
        at = TalonOneAt(f"{_HERE}:{line.own_port}/{name}", key)
        party = TalonOneParty(name, at, line, theirs, adapter(poster, at))
        await party.post("deployment", key=key)
        yield party
