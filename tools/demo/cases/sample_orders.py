"""What the shop sells, and an order as it goes over the wire. All amounts are fen: ¥299.00 is 299_00."""

from dataclasses import dataclass

from domain.explain.messages import format_money
from domain.money.amounts import Money
from tools.client import Json
from tools.demo.cases.shop import CAMPAIGN_BEGAN_DAYS_AGO, DemoShop

BEFORE_THE_CAMPAIGN = CAMPAIGN_BEGAN_DAYS_AGO + 2
IN_THE_CAMPAIGN = CAMPAIGN_BEGAN_DAYS_AGO - 1
_IN_CHINESE = {
    "Backpack": "双肩包",
    "Coat": "大衣",
    "Desk lamp": "台灯",
    "Electric fan": "电风扇",
    "Headphones": "耳机",
    "Kettle": "电水壶",
    "Keyboard": "键盘",
    "Mug": "马克杯",
    "Perfume": "香水",
    "Picture book": "图画书",
    "Rice cooker": "电饭煲",
    "Scarf": "围巾",
    "Shirt": "衬衫",
    "Teapot": "茶壶",
}
"""What a Chinese customer knows the goods by; the demo tells its story in English."""


@dataclass(frozen=True, slots=True)
class Goods:
    line_id: str
    name: str
    price: int
    quantity: int = 1

    def __str__(self) -> str:
        return (f"{self.quantity} × " if self.quantity > 1 else "") + f"{self.name} {yuan(self.price)}"


@dataclass(frozen=True, slots=True)
class Off:
    """Money off: by a coupon when `coupon_id` is set, else by `points`."""

    amount: int
    coupon_id: str | None = None
    points: int = 0

    def on_the_wire(self) -> Json:
        if self.coupon_id:
            return {"source": "coupon", "id": self.coupon_id, "amount": self.amount}
        return {"source": "points", "points": self.points, "amount": self.amount}

    def __str__(self) -> str:
        return f"{yuan(self.amount)} by {'coupon' if self.coupon_id else f'{self.points} points'}"


@dataclass(frozen=True, slots=True)
class Payment:
    """By whom a part was paid, and what they call it; without a `gateway` it goes back where it came from."""

    method: str
    amount: int
    gateway_ref: str
    gateway: str | None = None

    def on_the_wire(self, place: int) -> Json:
        return {
            "payment_id": f"p{place}",
            "method": self.method,
            "gateway": self.gateway,
            "gateway_ref": self.gateway_ref,
            "amount": self.amount,
        }

    def __str__(self) -> str:
        return f"{yuan(self.amount)} by {spaced(self.method)}" + (f" at {self.gateway}" if self.gateway else "")


@dataclass(frozen=True, slots=True)
class SampleSale:
    """An order as it was sold `days_ago` and delivered a day later.

    `method` None is an order nobody paid yet. What `payments` doesn't say was paid by `method` at the sandbox.
    """

    goods: tuple[Goods, ...]
    off: tuple[Off, ...] = ()
    method: str | None = "card"
    payments: tuple[Payment, ...] = ()
    days_ago: int = BEFORE_THE_CAMPAIGN
    points_earned: int = 0

    @property
    def price(self) -> int:
        return sum(each.price * each.quantity for each in self.goods) - sum(each.amount for each in self.off)

    def on_the_wire(self, shop: DemoShop, customer_id: str, order_id: str) -> Json:
        order = {
            "customer_id": customer_id,
            "currency": "CNY",
            "status": "placed",
            "placed_at": shop.days_ago(self.days_ago),
            "lines": [_line(each, shop.locale) for each in self.goods],
            "discounts": [each.on_the_wire() for each in self.off],
            "points_earned": self.points_earned,
        }
        return order if self.method is None else order | self._paid_and_delivered(shop, order_id)

    def _paid_and_delivered(self, shop: DemoShop, order_id: str) -> Json:
        assert self.method is not None
        payments = self.payments or (Payment(self.method, self.price, charge_of(order_id), "sandbox"),)
        return {
            "status": "delivered",
            "paid_at": shop.days_ago(self.days_ago),
            "delivered_at": shop.days_ago(self.days_ago - 1),
            "payments": [each.on_the_wire(place) for place, each in enumerate(payments, start=1)],
        }

    def __str__(self) -> str:
        """Say it as a receipt does: Kettle ¥299.00 − ¥100.00 by coupon = ¥199.00, paid by card."""
        goods = " + ".join(str(each) for each in self.goods)
        off = "".join(f" − {each}" for each in self.off)
        total = f" = {yuan(self.price)}" if f"{goods}{off}" != f"{self.goods[0].name} {yuan(self.price)}" else ""
        return f"{goods}{off}{total}, {self._paid()}"

    def _paid(self) -> str:
        if self.payments:
            return "paid " + " and ".join(str(each) for each in self.payments)
        return f"paid by {spaced(self.method)}" if self.method else "not paid yet"


def charge_of(order_id: str) -> str:
    """Return the payment provider's name for what the order was paid with."""
    return f"ch-{order_id}"


def spaced(word: str) -> str:
    """Write a word of the API, like wechat_pay, for people."""
    return word.replace("_", " ")


def yuan(fen: int) -> str:
    return format_money(Money("CNY", fen))


def _line(goods: Goods, locale: str) -> Json:
    return {
        "line_id": goods.line_id,
        "sku": goods.line_id.upper(),
        "name": goods.name if locale == "en" else _IN_CHINESE[goods.name],
        "quantity": goods.quantity,
        "unit_price": goods.price,
    }
