"""What a merchant's own system may be: one that answers our contract, or a product with an adapter of ours."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from domain.entitlements.elsewhere import Instruction, LivesElsewhere
from gateways.entitlements.contract import AnswerBody
from gateways.entitlements.gateway import EntitlementSystem, SystemAt
from gateways.posting import Poster
from gateways.talon_one.calls import TalonOneAt
from gateways.talon_one.gateway import TalonOneSystem
from gateways.voucherify.calls import VoucherifyAt
from gateways.voucherify.gateway import VoucherifySystem

CONTRACT = "contract"
"""The adapter of whoever answers docs/entitlements.openapi.json."""


class System(Protocol):
    """Does an instruction once, undoes it once, says what has become of it.

    Each raises Declined for a definite no, TryLater, and OutOfOrder or NoAnswer where nobody knows. `settles_in` is how
    long what nobody answered may still be on its way, and would be done a second time.
    """

    @property
    def settles_in(self) -> timedelta: ...

    async def do(self, instruction: Instruction) -> AnswerBody: ...

    async def undo(self, instruction: Instruction) -> AnswerBody: ...

    async def look_up(self, instruction: Instruction) -> AnswerBody: ...


@dataclass(frozen=True, slots=True)
class SystemAdapter:
    """`needs` names its credentials in the order in which they are kept; the contract has signing secrets instead."""

    needs: tuple[str, ...]
    kinds: frozenset[LivesElsewhere]
    open: Callable[[Poster, str, Sequence[str]], System]


SYSTEMS: Mapping[str, SystemAdapter] = {
    CONTRACT: SystemAdapter(
        (), frozenset(LivesElsewhere), lambda poster, url, told: EntitlementSystem(poster, SystemAt(url, tuple(told)))
    ),
    "voucherify": SystemAdapter(
        ("app_id", "app_token"),
        frozenset({LivesElsewhere.COUPONS}),
        lambda poster, url, told: VoucherifySystem(poster, VoucherifyAt(url, *told)),
    ),
    "talon_one": SystemAdapter(
        ("api_key",),
        frozenset({LivesElsewhere.PROMOTIONS}),
        lambda poster, url, told: TalonOneSystem(poster, TalonOneAt(url, *told)),
    ),
}
