"""What a case is made of: who does what over HTTP, and what is read back afterwards."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

from tools.client import Api, Json
from tools.clocks import advance
from tools.demo.cases.case import CaseWords, Check, Person
from tools.demo.cases.sample_orders import SampleSale, charge_of
from tools.demo.cases.shop import DemoShop

Found = TypeVar("Found")

_LOOK_EVERY_S = 0.2
_FOREVER_S = 3600.0
"""The deadline of the whole demo is what ends waiting."""


@dataclass(slots=True)
class CaseRun:
    """One case while it is played. `show` is told each step; the lists are what the story is told from."""

    shop: DemoShop
    person: Person
    show: Callable[[str], None]
    doing: str = "nothing yet"
    receipts: list[str] = field(default_factory=list)
    refund_ids: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)

    @property
    def customer_id(self) -> str:
        return self.named("customer")

    def named(self, what: str) -> str:
        return f"{what}-{self.person.short}-{self.shop.run}"

    # The merchant's back end

    async def customer_registers(self, *, points: int = 0, email: str | None = None) -> None:
        name = self.said(self.person.name)
        self.does(f"registering {name}")
        body = {"name": name, "locale": self.shop.locale, "registered_at": self.shop.days_ago(400), "email": email}
        await self.shop.merchant.put(f"/v1/customers/{self.customer_id}", body)
        if points:
            opening = {"points": points, "note": "opening balance"}
            await self.shop.merchant.post(f"/v1/customers/{self.customer_id}/points", opening)

    async def coupon_given(self, amount: int, *, ended_days_ago: int = -30) -> str:
        """Give the customer a coupon of `amount` fen; days to come are below zero."""
        coupon_id = self.named("coupon")
        body = {
            "customer_id": self.customer_id,
            "name": self.coupon_name(amount),
            "amount": amount,
            "currency": "CNY",
            "valid_from": self.shop.days_ago(60),
            "valid_until": self.shop.days_ago(ended_days_ago),
        }
        await self.shop.merchant.put(f"/v1/coupons/{coupon_id}", body)
        return coupon_id

    def coupon_name(self, amount: int) -> str:
        return self.said(CaseWords(f"立减{amount // 100}元", f"¥{amount // 100} off"))

    async def sold(self, sale: SampleSale, what: str = "order") -> str:
        self.does("pushing the order")
        order_id = self.named(what)
        body = sale.on_the_wire(self.shop, self.customer_id, order_id)
        await self.shop.merchant.put(f"/v1/orders/{order_id}", body)
        self.receipts.append(str(sale))
        return order_id

    async def refund_asked(
        self, order_id: str, reason: str, note: str, *, lines: dict[str, int] | None = None, kind: str = "refund_only"
    ) -> str:
        """Ask for units by line, by default for everything; returns the refund's id."""
        self.does("asking for a refund")
        body: Json = {"order_id": order_id, "reason": reason, "kind": kind, "note": note}
        if lines is not None:
            body["lines"] = [{"line_id": line_id, "quantity": count} for line_id, count in lines.items()]
        refund = await self.shop.merchant.post("/v1/refunds", body)
        self.refund_ids.append(refund["refund_id"])
        return str(refund["refund_id"])

    async def shipped(self, refund_id: str, carrier: str, tracking_number: str) -> None:
        self.does("sending the parcel")
        body = {"carrier": carrier, "tracking_number": tracking_number}
        await self._say(self.shop.merchant, refund_id, "shipment", body)

    # Reviewers, who look at the risk first

    async def reviewed(self, refund_id: str, decision: str, note: str, **codes: str) -> None:
        await self._risk_judged(refund_id)
        self.does("the reviewer is deciding")
        body = {"decision": decision, "note": note, **codes}
        await self._say(self.shop.reviewer, refund_id, "review", body)

    async def decided_in_temporal(self, refund_id: str, decision: str, by: str, note: str) -> None:
        """Decide as one does from the Temporal UI, or by `temporal workflow signal --name decide`."""
        await self._risk_judged(refund_id)
        self.does(f"{by} is sending the signal `decide`")
        handle = self.shop.temporal.get_workflow_handle(f"refund-{refund_id}")
        await handle.signal("decide", {"decision": decision, "by": by, "note": note})

    async def _risk_judged(self, refund_id: str) -> None:
        await self.seen(refund_id, "judged for risk", lambda refund: refund["risk"] is not None)

    # The warehouse

    async def received(self, refund_id: str, line_id: str, quantity: int) -> None:
        self.does("the warehouse is receiving the parcel")
        body = {"lines": [{"line_id": line_id, "quantity": quantity}]}
        await self._say(self.shop.warehouse, refund_id, "receipt", body)

    async def inspected(self, refund_id: str, line_id: str, *, accepted: int, rejected: int, note: str) -> None:
        self.does("the warehouse is inspecting")
        line = {"line_id": line_id, "accepted": accepted, "rejected": rejected, "note": note}
        await self._say(self.shop.warehouse, refund_id, "inspection", {"lines": [line]})

    # The payment provider

    async def provider_told(self, order_id: str, behaviour: str) -> None:
        """Tell the sandbox what to do when this order's payment is refunded."""
        self.does(f"telling the provider to {behaviour}")
        await self.shop.ops.put(f"/v1/sandbox/charges/{charge_of(order_id)}", {"behaviour": behaviour})

    # The shop's own clock

    async def time_passes(self, by: str) -> None:
        """Put it forward by an ISO 8601 duration; all that is due by then is done."""
        self.does(f"letting {by} pass")
        await advance(self.shop.owner, by)

    # Looking

    async def seen(self, refund_id: str, what: str, is_so: Callable[[Json], bool]) -> Json:
        """Look again and again until it is so."""
        self.does(f"waiting until {refund_id} is {what}")
        while True:
            refund = await self.refund(refund_id)
            if is_so(refund):
                return refund
            await asyncio.sleep(_LOOK_EVERY_S)

    async def waited_for(
        self, what: str, look: Callable[[], Awaitable[Found]], is_enough: Callable[[Found], bool]
    ) -> Found:
        """Look again and again at something else than the refund until it is enough."""
        self.does(f"waiting for {what}")
        while True:
            found = await look()
            if is_enough(found):
                return found
            await asyncio.sleep(_LOOK_EVERY_S)

    async def reached(self, refund_id: str, status: str = "completed") -> Json:
        self.does(f"waiting until {refund_id} is {status}")
        return await self.shop.merchant.wait_for(refund_id, {status}, within_s=_FOREVER_S)

    async def refund(self, refund_id: str) -> Json:
        return await self.shop.merchant.get(f"/v1/refunds/{refund_id}")

    async def order(self, order_id: str) -> Json:
        return await self.shop.merchant.get(f"/v1/orders/{order_id}")

    async def customer(self) -> Json:
        return await self.shop.merchant.get(f"/v1/customers/{self.customer_id}")

    async def coupon(self, coupon_id: str) -> Json:
        return await self.shop.merchant.get(f"/v1/coupons/{coupon_id}")

    async def inbox(self) -> list[Json]:
        return list((await self.shop.merchant.get(f"/v1/customers/{self.customer_id}/inbox"))["items"])

    # Expecting

    def expect(self, sentence: str, actual: object, expected: object) -> None:
        self.checks.append(Check(sentence, actual, expected))

    async def expect_told(self, *sentences: CaseWords) -> None:
        told = [message["body"] for message in await self.inbox()]
        for sentence in map(self.said, sentences):
            self.expect(f"told once: {sentence}", told.count(sentence), 1)

    async def expect_not_told(self, sentence: CaseWords) -> None:
        told = [message["body"] for message in await self.inbox()]
        self.expect(f"not told: {self.said(sentence)}", told.count(self.said(sentence)), 0)

    def said(self, words: CaseWords) -> str:
        """Say it in the language of the demo."""
        return words.in_language(self.shop.locale)

    async def _say(self, api: Api, refund_id: str, what: str, body: Json) -> None:
        await api.post(f"/v1/refunds/{refund_id}/{what}", body)

    def does(self, doing: str) -> None:
        self.doing = doing
        self.show(doing)
