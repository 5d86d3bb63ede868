"""The refunds that are seen on the pictures, played in a shop of their own."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from db.api_keys import Role
from tools.client import Api, Json
from tools.demo.cases.shop import DemoShop

_WITHIN_S = 180.0
_PEOPLE = {Role.REVIEWER: "han.meimei", Role.WAREHOUSE: "zhang.wei", Role.OPS: "wang.fang"}

_POLICY = {
    "auto_approve": {"reasons": ["quality_issue", "delivery_error"], "max_amount": 2_000_00, "max_risk": 40},
    "time_zone": "Asia/Shanghai",
    "declined_tender": "hold",
}

_GOODS = {
    "kettle": ("Kettle", "电水壶", "kitchen", 299_00),
    "headphones": ("Headphones", "耳机", "audio", 899_00),
    "mug": ("Mug", "马克杯", "kitchen", 49_00),
    "coat": ("Coat", "大衣", "clothes", 1_299_00),
    "lamp": ("Desk lamp", "台灯", "home", 189_00),
    "cooker": ("Rice cooker", "电饭煲", "kitchen", 459_00),
    "scarf": ("Scarf", "围巾", "clothes", 129_00),
}
_SAID = {
    "too small": ("It is smaller than I thought.", "比想象的小。"),
    "not needed": ("I got one as a gift in the meantime.", "朋友已经送了我一个。"),
    "regular": ("a regular customer, goods unused", "老顾客，商品未使用"),
    "worn": ("worn more than once", "有多次穿着痕迹"),
}

_JUDGED = (("2026-0918", "zhou.jie", "lamp"), ("2026-0922", "chen.yu", "scarf"), ("2026-0925", "sun.li", "mug"))
"""Decided before: of the last one nothing is paid back."""

_WAITING = (
    ("2026-1001", "li.na", "headphones"),
    ("2026-1004", "zhao.min", "kettle"),
    ("2026-1007", "liu.yang", "scarf"),
    ("2026-1008", "chen.yu", "lamp"),
    ("2026-1011", "wu.hao", "cooker"),
    ("2026-1012", "xu.jing", "mug"),
)


@dataclass(frozen=True, slots=True)
class Scenes:
    """What there is to see: an order, and refunds by where they stand. keys: of the people who look."""

    merchant_id: str
    keys: Mapping[Role, str]
    order_to_return: str
    completed: str
    to_judge: str
    to_inspect: str

    def query(self, role: Role) -> str:
        """What a customer's link says besides: whose shop it is, and which order."""
        if role is not Role.CUSTOMER:
            return ""
        return "?" + urlencode({"merchant": self.merchant_id, "order": self.order_to_return})

    @classmethod
    async def played(cls, shop: DemoShop) -> "Scenes":
        await shop.ops.put("/v1/policy", _POLICY)
        stage = _Stage(shop)
        await stage.earlier_decisions()
        completed, to_inspect = await stage.completed(), await stage.to_inspect()
        waiting = [await stage.waiting(*each) for each in _WAITING]
        await stage.declined()
        return cls(shop.merchant_id, await stage.keys(), "2026-1015", completed, waiting[0], to_inspect)


@dataclass(frozen=True, slots=True)
class _Stage:
    shop: DemoShop

    def said(self, what: str) -> str:
        return _SAID[what][self.shop.locale != "en"]

    async def keys(self) -> dict[Role, str]:
        """Make a key for each who looks."""
        made = await self.shop.merchant.post("/v1/customers/li.na/keys", {})
        keys = {Role.CUSTOMER: str(made["key"])}
        for role, person in _PEOPLE.items():
            made = await self.shop.owner.post("/v1/api-keys", {"role": role.value, "person": person})
            keys[role] = str(made["key"])
        return keys

    async def order(self, order_id: str, customer: str, *goods: str, discounts: tuple[Json, ...] = ()) -> str:
        """Sell goods that were delivered five days ago, paid by card."""
        shop, lines = self.shop, [self._line(place, each) for place, each in enumerate(goods, start=1)]
        await shop.merchant.put(f"/v1/customers/{customer}", {"name": customer, "locale": shop.locale})
        due = sum(each["unit_price"] for each in lines) - sum(each["amount"] for each in discounts)
        paid = {"payment_id": "p1", "method": "card", "gateway": "sandbox", "amount": due}
        order: Json = {"customer_id": customer, "currency": "CNY", "status": "delivered", "lines": lines}
        order |= {"placed_at": shop.days_ago(8), "paid_at": shop.days_ago(8), "delivered_at": shop.days_ago(5)}
        order |= {"discounts": list(discounts), "points_earned": due // 100}
        order["payments"] = [{**paid, "gateway_ref": f"ch-{order_id}"}]
        await shop.merchant.put(f"/v1/orders/{quote(order_id)}", order)
        return order_id

    def _line(self, place: int, name: str) -> Json:
        english, chinese, category, price = _GOODS[name]
        called = english if self.shop.locale == "en" else chinese
        line = {"line_id": f"l{place}", "sku": f"{name[:3].upper()}-{price // 100}", "name": called}
        return {**line, "category": category, "quantity": 1, "unit_price": price}

    async def asked(self, order_id: str, reason: str, kind: str = "refund_only", **fields: object) -> str:
        body = {"order_id": order_id, "reason": reason, "kind": kind, **fields}
        return str((await self.shop.merchant.post("/v1/refunds", body))["refund_id"])

    async def waiting(self, order_id: str, customer: str, goods: str) -> str:
        """A refund that waits for a reviewer."""
        await self.order(order_id, customer, goods)
        refund_id = await self.asked(order_id, "changed_mind", note=self.said("too small"))
        await self.shop.reviewer.wait_until(refund_id, lambda now: now["risk"] is not None, within_s=_WITHIN_S)
        return refund_id

    async def earlier_decisions(self) -> None:
        """What the reviewers said about such cases before."""
        made = await self.shop.owner.post("/v1/api-keys", {"role": "reviewer", "person": "li.ming"})
        for place, (order_id, customer, goods) in enumerate(_JUDGED):
            refund_id = await self.waiting(order_id, customer, goods)
            if place < len(_JUDGED) - 1:
                said: Json = {"decision": "approve", "note": self.said("regular")}
            else:
                said = {"decision": "reject", "reason_code": "goods_used", "note": self.said("worn")}
            await Api(self.shop.http, made["key"]).post(f"/v1/refunds/{refund_id}/review", said)

    async def completed(self) -> str:
        """A return with points and a coupon, of which everything is given back; and the order beside it."""
        shop = self.shop
        await shop.merchant.put("/v1/customers/li.na", {"name": "li.na", "locale": shop.locale})
        await shop.merchant.post("/v1/customers/li.na/points", {"points": 2_000, "note": "opening balance"})
        coupon = {"customer_id": "li.na", "name": "AUTUMN", "amount": 50_00, "currency": "CNY", "minimum_spend": 200_00}
        await shop.merchant.put(
            "/v1/coupons/autumn-50", {**coupon, "valid_from": shop.days_ago(30), "valid_until": shop.days_ago(-30)}
        )
        points: Json = {"source": "points", "points": 500, "amount": 5_00}
        off = ({"source": "coupon", "id": "autumn-50", "amount": 50_00}, points)
        await self.order("2026-0930", "li.na", "kettle", discounts=off)
        await self.order("2026-1015", "li.na", "cooker", "mug", "scarf", discounts=(points,))
        refund_id = await self.asked("2026-0930", "quality_issue")
        await shop.merchant.wait_for(refund_id, {"completed"}, within_s=_WITHIN_S)
        return refund_id

    async def to_inspect(self) -> str:
        await self.order("2026-1002", "qian.duoduo", "coat", "scarf")
        refund_id = await self.asked("2026-1002", "quality_issue", "return")
        await self.shop.merchant.wait_for(refund_id, {"awaiting_return"}, within_s=_WITHIN_S)
        await self.shop.warehouse.post(f"/v1/refunds/{refund_id}/receipt", {})
        return refund_id

    async def declined(self) -> None:
        """A payout that the provider declines, so that operations are asked."""
        await self.order("2026-1009", "feng.lei", "headphones")
        await self.shop.merchant.put("/v1/sandbox/charges/ch-2026-1009", {"behaviour": "decline"})
        refund_id = await self.asked("2026-1009", "quality_issue")
        await self.shop.ops.wait_until(refund_id, lambda now: bool(now["needs_attention"]), within_s=_WITHIN_S)
