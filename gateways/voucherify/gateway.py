"""Coupons that live in Voucherify: a coupon that comes back has its redemption rolled back, once.

Voucherify knows no keys of ours. Whether the redemption of an order stands says what is done, so each call looks
first, and looks again where it is refused: somebody else, or an earlier attempt, may have done it.
"""

import json
from collections.abc import Sequence
from urllib.parse import quote, urlencode

from domain.entitlements.elsewhere import CouponMove, CouponMoved, CouponsMoved, Instruction
from gateways.entitlements.contract import NEVER_TWICE, AnswerBody, State
from gateways.ports import Declined, NoAnswer
from gateways.posting import Poster
from gateways.voucherify.answers import Redemption, Redemptions, Rollbacks, Voucher
from gateways.voucherify.calls import VoucherifyAt, calls

_A_PAGE = 50
_MOST_PAGES = 99
"""They have no more."""

_UNDONE = "makewhole_undone"
"""Under this name a redemption that is made again says which instruction it undoes."""


class VoucherifySystem:
    """One merchant's project. Its redemptions name our order and our customer by `source_id`."""

    settles_in = NEVER_TWICE

    def __init__(self, poster: Poster, at: VoucherifyAt) -> None:
        self._calls = calls(poster, at)

    async def do(self, instruction: Instruction) -> AnswerBody:
        """Roll redemptions back, and disable what is revoked. Raises Declined, TryLater, OutOfOrder, NoAnswer."""
        coupons = _coupons(instruction)
        if any(each.outcome is CouponMove.RESIDUAL for each in coupons):
            raise Declined(
                "residual_not_supported", "Voucherify rolls whole redemptions back, and makes no part of one"
            )
        together = {each.coupon_id for each in coupons}
        for each in coupons:
            if each.outcome is CouponMove.REVOKED:
                await self._switch(each.coupon_id, "disable", is_active=False)
            else:
                await self._roll_back(instruction, each.coupon_id, together)
        return _answer(instruction, State.DONE)

    async def undo(self, instruction: Instruction) -> AnswerBody:
        """Redeem again what was rolled back, and enable what was disabled.

        There is no tombstone: a rollback that is later than its undo would still be done.
        """
        for each in _coupons(instruction):
            if each.outcome is CouponMove.REVOKED:
                await self._switch(each.coupon_id, "enable", is_active=True)
            elif each.outcome is CouponMove.REINSTATED:
                await self._redeem_again(instruction, each.coupon_id)
        return _answer(instruction, State.UNDONE)

    async def look_up(self, instruction: Instruction) -> AnswerBody:
        """Say what has become of all of it; a part is as good as nothing, as what is done is not done again."""
        states = {await self._state(instruction, each) for each in _coupons(instruction)}
        return _answer(instruction, states.pop() if len(states) == 1 else State.UNKNOWN)

    async def _state(self, instruction: Instruction, coupon: CouponMoved) -> State:
        if coupon.outcome is CouponMove.REVOKED:
            voucher = await self._calls.get(_path_of(coupon.coupon_id), Voucher)
            return State.DONE if voucher.active is False else State.UNKNOWN
        made = await self._made(instruction, coupon.coupon_id)
        if any(each.stands for each in made):
            is_undone = any(each.stands and each.says(_UNDONE, instruction.instruction_id) for each in made)
            return State.UNDONE if is_undone else State.UNKNOWN
        return State.DONE if made else State.UNKNOWN

    async def _roll_back(self, instruction: Instruction, code: str, together: set[str]) -> None:
        made = await self._made(instruction, code)
        if not made:
            raise Declined("no_redemption", f"no redemption of {code} names order {instruction.order_id}")
        standing = next((each for each in made if each.stands), None)
        if standing is None:
            return
        try:
            await self._ask_to_roll_back(instruction, standing, together)
        except Declined:
            if any(each.stands for each in await self._made(instruction, code)):
                raise

    async def _ask_to_roll_back(self, instruction: Instruction, standing: Redemption, together: set[str]) -> None:
        body = json.dumps({"reason": f"makewhole {instruction.instruction_id}"}).encode()
        if standing.redemption is None:
            path = f"/v1/redemptions/{quote(standing.id, safe='')}/rollback"
            rolled_back: Sequence[Redemption] = [await self._calls.post(path, body, Redemption)]
        else:
            await self._refuse_to_take_along(standing.redemption, together)
            path = f"/v1/redemptions/{quote(standing.redemption, safe='')}/rollbacks"
            rolled_back = (await self._calls.post(path, body, Rollbacks)).rollbacks
        _require_success(rolled_back)

    async def _refuse_to_take_along(self, parent: str, together: set[str]) -> None:
        """What was redeemed together is rolled back together: not where a coupon of it stays used."""
        page = await self._calls.get(_listed(parent_redemption_id=parent), Redemptions)
        others = {each.voucher.code for each in page.redemptions if each.voucher and each.stands} - together
        if others:
            raise Declined("redeemed_together", f"it would take {', '.join(sorted(others))} along, which stays used")

    async def _redeem_again(self, instruction: Instruction, code: str) -> None:
        made = await self._made(instruction, code)
        if not made or any(each.stands for each in made):
            return
        before = made[0]
        said = {
            "redeemables": [{"object": "voucher", "id": code}],
            "order": {"id": before.order.id}
            if before.order and before.order.id
            else {"source_id": instruction.order_id},
            "customer": {"source_id": instruction.customer_id},
            "metadata": {_UNDONE: instruction.instruction_id},
        }
        try:
            redeemed = await self._calls.post("/v1/redemptions", json.dumps(said).encode(), Redemptions)
            _require_success(redeemed.redemptions)
        except Declined:
            if not any(each.stands for each in await self._made(instruction, code)):
                raise

    async def _made(self, instruction: Instruction, code: str) -> list[Redemption]:
        """List what this order has redeemed of a coupon, also what was rolled back since, the newest first."""
        found: list[Redemption] = []
        for number in range(1, _MOST_PAGES + 1):
            path = _listed(number, customer=instruction.customer_id, voucher_code=code)
            page = (await self._calls.get(path, Redemptions)).redemptions
            found += [each for each in page if each.was_made and each.is_of(instruction.order_id)]
            if len(page) < _A_PAGE:
                return found
        raise NoAnswer(f"{code} has more redemptions than Voucherify lists")

    async def _switch(self, code: str, how: str, *, is_active: bool) -> None:
        voucher = await self._calls.post(f"{_path_of(code)}/{how}", b"", Voucher)
        if voucher.active is not is_active:
            raise NoAnswer(f"asked to {how} {code}, and it is as before")


def _coupons(instruction: Instruction) -> tuple[CouponMoved, ...]:
    if not isinstance(instruction.effect, CouponsMoved):
        raise Declined("unknown_kind", f"no {instruction.effect.kind} live in Voucherify, coupons alone do")
    return instruction.effect.coupons


def _require_success(redemptions: Sequence[Redemption]) -> None:
    """A yes says so of each: 200 alone is none."""
    if not redemptions or any(each.result != "SUCCESS" for each in redemptions):
        raise Declined("not_successful", f"answered {', '.join(each.result for each in redemptions) or 'nothing'}")


def _listed(page: int = 1, customer: str | None = None, **filters: str) -> str:
    asked = {"limit": str(_A_PAGE), "page": str(page)} | ({} if customer is None else {"customer": customer})
    asked |= {f"filters[{name}][conditions][$is][0]": value for name, value in filters.items()}
    return f"/v1/redemptions?{urlencode(asked)}"


def _path_of(code: str) -> str:
    return f"/v1/vouchers/{quote(code, safe='')}"


def _answer(instruction: Instruction, state: State) -> AnswerBody:
    return AnswerBody(instruction_id=instruction.instruction_id, state=state)
