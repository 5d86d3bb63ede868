"""The suite would notice: the adapter of Voucherify with one fault each, which a test must catch."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest

import gateways.json_calls
import gateways.telling_status
import gateways.voucherify
from tests.gateways import test_systems, test_voucherify
from tests.gateways.mutants import Mutant, is_caught, loaded, passes_without_a_fault
from tests.gateways.voucherify_party import VoucherifyParty, voucherify_party

broken = partial(test_systems.test_who_breaks_down_is_asked_until_it_is_known, course="breaks_down")

MUTANTS: dict[str, Mutant[VoucherifyParty]] = {
    "no look-up": Mutant(
        "gateway.py",
        "states.pop() if len(states) == 1 else State.UNKNOWN",
        "State.UNKNOWN",
        test_systems.test_what_nobody_answered_is_settled_by_looking_it_up,
    ),
    "refused, and not looked at again": Mutant(
        "gateway.py",
        "            if any(each.stands for each in await self._made(instruction, code)):\n",
        "            if True:\n",
        test_systems.test_twenty_who_ask_at_once_have_it_done_once,
    ),
    "a no that is swallowed": Mutant(
        "gateway.py",
        "            if any(each.stands for each in await self._made(instruction, code)):\n",
        "            if False:\n",
        test_systems.test_a_no_is_told_with_the_reason_of_the_system,
    ),
    "the wrong key": Mutant(
        "json_calls.py",
        "self.poster.get(url, self.at.headers,",
        'self.poster.get(url, {**self.at.headers, "x-app-token": "another"},',
        test_systems.test_a_no_is_told_with_the_reason_of_the_system,
    ),
    "not let in, taken for a no": Mutant(
        "telling_status.py",
        " or status in says_nothing:",
        ":",
        test_systems.test_who_does_not_know_the_secret_is_told_nothing,
    ),
    "another order's": Mutant(
        "gateway.py",
        "if each.was_made and each.is_of(instruction.order_id)]",
        "if each.was_made]",
        test_voucherify.test_a_coupon_that_another_order_uses_as_well_stays_used_by_that,
    ),
    "ids unescaped": Mutant(
        "gateway.py",
        'f"/v1/redemptions?{urlencode(asked)}"',
        '"/v1/redemptions?" + "&".join(f"{name}={value}" for name, value in asked.items()).replace(" ", "+")',
        test_systems.test_twenty_who_ask_at_once_have_it_done_once,
    ),
    "the first page alone": Mutant(
        "gateway.py",
        "if len(page) < _A_PAGE:",
        "if True:",
        test_voucherify.test_many_redemptions_of_one_coupon_are_read_page_by_page,
    ),
    "200 taken for a yes": Mutant(
        "gateway.py",
        'if not redemptions or any(each.result != "SUCCESS" for each in redemptions):',
        "if False:",
        test_voucherify.test_200_alone_is_no_yes,
    ),
    "others taken along": Mutant(
        "gateway.py",
        "        if others:\n",
        "        if False:\n",
        test_voucherify.test_one_of_two_that_were_redeemed_together_is_refused,
    ),
    "one of two rolled back by itself": Mutant(
        "gateway.py",
        "if standing.redemption is None:",
        "if True:",
        test_voucherify.test_coupons_that_were_redeemed_together_come_back_together,
    ),
    "busy not heard": Mutant(
        "telling_status.py",
        "if status == HTTPStatus.TOO_MANY_REQUESTS:",
        "if False:",
        test_systems.test_who_is_busy_is_left_alone_for_as_long_as_they_say,
    ),
    "Retry-After not read": Mutant(
        "telling_status.py",
        'retry_after(reply.headers.get("retry-after", ""), _USUAL_PAUSE)',
        "_USUAL_PAUSE",
        test_systems.test_who_is_busy_is_left_alone_for_as_long_as_they_say,
    ),
    "a breakdown taken for a no": Mutant(
        "telling_status.py",
        'raise OutOfOrder(f"answered {status}")',
        'raise __import__("gateways.ports", fromlist=["ports"]).Declined("broken", "broken")',
        broken,
    ),
    "an undo that nobody finds": Mutant(
        "gateway.py",
        '"metadata": {_UNDONE: instruction.instruction_id},',
        '"metadata": {},',
        test_systems.test_what_is_undone_is_as_before_however_often_it_is_undone,
    ),
    "an undo that does nothing": Mutant(
        "gateway.py",
        "                await self._redeem_again(instruction, each.coupon_id)\n",
        "                pass\n",
        test_voucherify.test_coupons_that_were_redeemed_together_come_back_together,
    ),
    "enabled where it is to be disabled": Mutant(
        "gateway.py",
        'await self._switch(each.coupon_id, "disable", is_active=False)',
        'await self._switch(each.coupon_id, "enable", is_active=True)',
        test_voucherify.test_a_coupon_that_the_order_granted_is_disabled_and_enabled_again,
    ),
    "a part taken for the whole": Mutant(
        "gateway.py",
        "if any(each.outcome is CouponMove.RESIDUAL for each in coupons):",
        "if False:",
        test_voucherify.test_a_part_of_a_coupon_is_refused_before_anything_is_done,
    ),
}


@pytest.mark.parametrize("name", MUTANTS)
async def test_a_fault_in_the_adapter_is_caught(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    async with with_fault(MUTANTS[name], tmp_path) as party:
        await is_caught(MUTANTS[name], party)


async def test_a_copy_without_a_fault_passes_what_catches_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    await passes_without_a_fault(MUTANTS, "class VoucherifySystem:", with_fault, tmp_path)


@asynccontextmanager
async def with_fault(mutant: Mutant[VoucherifyParty], folder: Path) -> AsyncIterator[VoucherifyParty]:
    adapter = loaded(gateways.voucherify, mutant, folder, (gateways.json_calls, gateways.telling_status))
    async with voucherify_party(adapter("gateway").VoucherifySystem) as party:
        yield party
