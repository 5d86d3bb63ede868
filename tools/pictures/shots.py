"""Which pages there are pictures of, whose they are, and how large the screen is."""

from collections.abc import Callable
from dataclasses import dataclass

from playwright.async_api import ViewportSize

from db.api_keys import Role
from tools.pictures.scenes import Scenes

DESK: ViewportSize = {"width": 1280, "height": 860}
PHONE: ViewportSize = {"width": 390, "height": 780}


@dataclass(frozen=True, slots=True)
class Shot:
    """name: of the picture. room: where one signs in."""

    name: str
    role: Role
    room: str
    path: Callable[[Scenes], str]
    screen: ViewportSize


SHOTS = (
    Shot("customer-order", Role.CUSTOMER, "", lambda seen: f"/pages/orders/{seen.order_to_return}", PHONE),
    Shot("customer-refund", Role.CUSTOMER, "", lambda seen: f"/pages/refunds/{seen.completed}", PHONE),
    Shot("desk", Role.REVIEWER, "desk", lambda _: "/pages/desk", DESK),
    Shot("desk-refund", Role.REVIEWER, "desk", lambda seen: f"/pages/desk/refunds/{seen.to_judge}", DESK),
    Shot("desk-together", Role.REVIEWER, "desk", lambda _: "/pages/desk/together", DESK),
    Shot("warehouse", Role.WAREHOUSE, "warehouse", lambda seen: f"/pages/warehouse/refunds/{seen.to_inspect}", PHONE),
    Shot("operations", Role.OPS, "operations", lambda _: "/pages/operations", DESK),
    Shot("reports", Role.OPS, "operations", lambda _: "/pages/reports", DESK),
)
