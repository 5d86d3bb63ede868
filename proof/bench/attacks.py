"""What a hostile merchant may try. It knows every route, and has a key of every role of its own."""

import asyncio
import json
import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import httpx

from db.api_keys import Role
from domain import clock
from proof.bench.statements import an_order
from tools.client import Json

_LINES, _DISCOUNTS = 2_000, 100
_MOST_LINES = 5_000
_MANY_CAMPAIGNS, _MANY_ORDERS = 200, 300

LARGE, MOST, PLAIN, BUSY = "large", "most", "o1", "busy"


class Attacker:
    """Sends requests once and takes whatever comes; a status of 0 is no answer at all."""

    def __init__(self, http: httpx.AsyncClient, keys: dict[Role, str]) -> None:
        self.http = http
        self._keys = keys

    async def send(
        self,
        method: str,
        path: str,
        body: bytes | Json | None = None,
        *,
        role: Role = Role.MERCHANT,
        headers: dict[str, str] | None = None,
    ) -> int:
        return (await self.ask(method, path, body, role=role, headers=headers))[0]

    async def ask(
        self,
        method: str,
        path: str,
        body: bytes | Json | None = None,
        *,
        role: Role = Role.MERCHANT,
        headers: dict[str, str] | None = None,
    ) -> tuple[int, Any]:
        """Send JSON, or bytes that pretend to be; return the status, and what of the answer is JSON."""
        content = json.dumps(body).encode() if isinstance(body, dict) else body
        sent = {"Authorization": f"Bearer {self._keys[role]}", "Content-Type": "application/json", **(headers or {})}
        with suppress(httpx.HTTPError):
            answer = await self.http.request(method, path, content=content, headers=sent)
            with suppress(ValueError):
                return answer.status_code, answer.json()
            return answer.status_code, None
        return 0, None


Attack = Callable[[Attacker, int], Awaitable[int]]


async def prepare(attacker: Attacker) -> dict[str, int]:
    """Book what the attacks are about; return how each was answered."""
    rules = {"auto_approve": {"max_amount": 10**12, "max_risk": 100}}
    booked = {
        "policy": await attacker.send("PUT", "/v1/policy", rules, role=Role.OPS),
        PLAIN: await attacker.send("PUT", f"/v1/orders/{PLAIN}", an_order("c1", "ch-1")),
        LARGE: await attacker.send("PUT", f"/v1/orders/{LARGE}", large_order("of-large")),
        MOST: await attacker.send("PUT", f"/v1/orders/{MOST}", order_of(_MOST_LINES, "of-most")),
    }
    for number in range(_MANY_ORDERS):
        order = an_order(BUSY, f"ch-busy-{number}")
        booked["orders"] = await attacker.send("PUT", f"/v1/orders/busy-{number}", order)
    for number in range(_MANY_CAMPAIGNS):
        booked["campaigns"] = await attacker.send("PUT", f"/v1/campaigns/c{number}", a_campaign(number))
    return booked


def a_campaign(number: int) -> Json:
    return {
        "name": f"Campaign {number}",
        "kind": "spend_threshold",
        "starts_at": "2026-01-01T00:00:00Z",
        "ends_at": "2027-01-01T00:00:00Z",
        "threshold": 10_000_000_000 + number,
        "reward": {"kind": "points", "amount": 1},
    }


def order_of(lines: int, customer_id: str) -> Json:
    body = an_order(customer_id, f"ch-{customer_id}-{secrets.token_hex(4)}")
    body["lines"] = [
        {"line_id": f"line-{number}", "sku": "A", "quantity": 2, "unit_price": 10_000} for number in range(lines)
    ]
    body["payments"][0]["amount"] = lines * 20_000
    return body


def large_order(customer_id: str) -> Json:
    """As many shares as an order may have."""
    body = order_of(_LINES, customer_id)
    body["discounts"] = [{"source": "other", "amount": 7 * _LINES} for _ in range(_DISCOUNTS)]
    body["payments"][0]["amount"] -= _DISCOUNTS * 7 * _LINES
    return body


async def _push(attacker: Attacker, number: int) -> int:
    body = large_order(f"pushed-{number}")
    return await attacker.send("PUT", f"/v1/orders/pushed-{number}-{secrets.token_hex(4)}", body)


async def _push_most(attacker: Attacker, number: int) -> int:
    body = order_of(_MOST_LINES, f"pushed-{number}")
    return await attacker.send("PUT", f"/v1/orders/pushed-{number}-{secrets.token_hex(4)}", body)


async def _push_light(attacker: Attacker, number: int) -> int:
    """As much as is just not large."""
    body = order_of(600, f"pushed-{number}")
    return await attacker.send("PUT", f"/v1/orders/pushed-{number}-{secrets.token_hex(4)}", body)


async def _quote(attacker: Attacker, _: int) -> int:
    return await attacker.send("POST", "/v1/refunds/quote", {"order_id": LARGE, "reason": "quality_issue"})


async def _refund_large(attacker: Attacker, number: int) -> int:
    """Refunds of one line of an order of many lines: each is settled by the worker."""
    lines = [{"line_id": f"line-{number % _LINES}", "quantity": 1}]
    body: Json = {"order_id": LARGE, "reason": "quality_issue", "kind": "refund_only", "lines": lines}
    return await attacker.send("POST", "/v1/refunds", body)


async def _read(attacker: Attacker, number: int) -> int:
    order_id, cursor = (LARGE, MOST)[number % 2], ""
    while True:
        status, answer = await attacker.ask("GET", f"/v1/orders/{order_id}{cursor}")
        more = answer.get("next_lines") if status == 200 else None
        if more is None:
            return status
        cursor = f"?lines_cursor={more}"


async def _lists(attacker: Attacker, number: int) -> int:
    paths = ("/v1/refunds?limit=200", f"/v1/customers/{BUSY}", "/v1/customers/of-large", f"/v1/orders/{PLAIN}")
    return await attacker.send("GET", paths[number % len(paths)])


async def _many_campaigns(attacker: Attacker, number: int) -> int:
    body = {"order_id": f"busy-{number % _MANY_ORDERS}", "reason": "quality_issue"}
    return await attacker.send("POST", "/v1/refunds/quote", body)


async def _what_if(attacker: Attacker, _: int) -> int:
    return await attacker.send("POST", "/v1/policy/simulation", {"policy": {"restocking_fee_bp": 100}}, role=Role.OPS)


async def _crowd(attacker: Attacker, _: int) -> int:
    body = {"order_id": PLAIN, "reason": "changed_mind", "kind": "refund_only"}
    return await attacker.send("POST", "/v1/refunds", body)


async def _garbage(attacker: Attacker, _: int) -> int:
    return await attacker.send("PUT", f"/v1/orders/{PLAIN}", b'{"x":' * 800_000)


async def _deep(attacker: Attacker, _: int) -> int:
    return await attacker.send("PUT", f"/v1/orders/{PLAIN}", b'{"lines":' + b"[" * 60_000)


async def _many_faults(attacker: Attacker, _: int) -> int:
    """As many faults as fit into a body that is not large."""
    return await attacker.send("PUT", f"/v1/orders/{PLAIN}", b'{"lines":[' + b"1," * 4_000 + b"1]}")


async def _bad_signatures(attacker: Attacker, number: int) -> int:
    signed = {
        "webhook-id": f"w{number}",
        "webhook-timestamp": str(int(clock.now().timestamp())),
        "webhook-signature": "v1,AAAA",
    }
    return await attacker.send("POST", "/v1/webhooks/sandbox", b"x" * 1_000_000, headers=signed)


async def _wrong_keys(attacker: Attacker, _: int) -> int:
    wrong = {"Authorization": f"Bearer {secrets.token_hex(8)}"}
    return await attacker.send("GET", f"/v1/orders/{PLAIN}", headers=wrong)


async def _without_a_key(attacker: Attacker, _: int) -> int:
    body = b'{"x":' + b" " * 3_000_000 + b"1}"
    return await attacker.send("PUT", f"/v1/orders/{PLAIN}", body, headers={"Authorization": "Bearer nobody's"})


ATTACKS: dict[str, Attack] = {
    "ten_large_quotes": _quote,
    "large_orders": _push,
    "most_lines": _push_most,
    "orders_just_not_large": _push_light,
    "large_reads": _read,
    "large_refunds": _refund_large,
    "what_ifs": _what_if,
    "lists": _lists,
    "many_campaigns": _many_campaigns,
    "crowd_on_one_order": _crowd,
    "garbage": _garbage,
    "deep_bodies": _deep,
    "many_faults": _many_faults,
    "bad_signatures": _bad_signatures,
    "wrong_keys": _wrong_keys,
    "without_a_key": _without_a_key,
}

TEN_AT_ONCE = ("ten_large_quotes",)


async def endless_heads(api_url: str, seconds: int, at_once: int) -> dict[str, int]:
    """Requests whose heads never end."""
    return await _never_ended(api_url, seconds, at_once, b"GET /healthz HTTP/1.1\r\nHost: makewhole\r\n")


async def endless_bodies(api_url: str, seconds: int, at_once: int) -> dict[str, int]:
    """Requests whose bodies come a byte at a time."""
    head = b"PUT /v1/orders/o1 HTTP/1.1\r\nHost: makewhole\r\nContent-Length: 100000\r\n\r\n{"
    return await _never_ended(api_url, seconds, at_once, head)


async def idle_connections(api_url: str, seconds: int, at_once: int) -> dict[str, int]:
    return await _never_ended(api_url, seconds, 10 * at_once, b"")


async def _never_ended(api_url: str, seconds: int, count: int, begun: bytes) -> dict[str, int]:
    address = urlsplit(api_url)
    opened = [await asyncio.open_connection(address.hostname, address.port) for _ in range(count)]
    for _, writer in opened:
        writer.write(begun)
    for _ in range(max(seconds, 12)):
        for _, writer in opened:
            with suppress(OSError):
                if begun.endswith(b"{"):
                    writer.write(b" ")
        await asyncio.sleep(1)
    cut_off = sum(reader.at_eof() for reader, _ in opened)
    for _, writer in opened:
        writer.close()
    return {"opened": count, "cut_off": cut_off}


ON_SOCKETS = {"endless_heads": endless_heads, "endless_bodies": endless_bodies, "idle_connections": idle_connections}
