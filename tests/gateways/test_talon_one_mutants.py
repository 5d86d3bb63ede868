"""The suite would notice: the adapter of Talon.One with one fault each, which a test must catch."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest

import gateways.json_calls
import gateways.talon_one
import gateways.telling_status
from tests.gateways import test_systems, test_talon_one
from tests.gateways.mutants import Mutant, is_caught, loaded, passes_without_a_fault
from tests.gateways.talon_one_party import TalonOneParty, item, talon_one_party

broken = partial(test_systems.test_who_breaks_down_is_asked_until_it_is_known, course="breaks_down")
no_yes = partial(test_talon_one.test_200_alone_is_no_yes_of_a_return, course="answers_another_return")
nothing_done = partial(test_talon_one.test_200_alone_is_no_yes_of_a_return, course="does_nothing")
fewer = partial(
    test_talon_one.test_a_line_that_is_no_cart_item_for_sure_is_refused,
    cart_items=[item(0, "kettle", 2)],
    code="another_quantity",
    why="cart item 0 has 2 units",
)
another_line = partial(
    test_talon_one.test_a_line_that_is_no_cart_item_for_sure_is_refused,
    cart_items=[item(0, "kettle", 3, "l7")],
    code="no_cart_item",
    why="0 cart items",
)
two_of_a_sku = partial(
    test_talon_one.test_a_line_that_is_no_cart_item_for_sure_is_refused,
    cart_items=[item(0, "kettle", 3), item(1, "kettle", 3)],
    code="several_cart_items",
    why="name it in their",
)

MUTANTS: dict[str, Mutant[TalonOneParty]] = {
    "no look-up": Mutant(
        "gateway.py",
        "State.UNKNOWN if missing else State.DONE",
        "State.UNKNOWN",
        test_systems.test_what_nobody_answered_is_settled_by_looking_it_up,
    ),
    "nothing looked at before it is asked for": Mutant(
        "gateway.py",
        "- session.items[position].returned for",
        "- 0 for",
        test_talon_one.test_what_is_back_already_is_not_returned_again,
    ),
    "all of it where a part is missing": Mutant(
        "gateway.py",
        "    return {position: count for position, count in counted.items() if count > 0}",
        "    return {p: _whole(line.quantity) for p, line in _placed(session, lines) if counted[p] > 0}",
        test_talon_one.test_what_somebody_has_returned_by_hand_counts_and_the_rest_is_returned,
    ),
    "this refund's alone": Mutant(
        "gateway.py",
        "position: _whole(line.in_all) - ",
        "position: _whole(line.quantity) - ",
        test_talon_one.test_what_is_back_already_is_not_returned_again,
    ),
    "the wrong position": Mutant(
        "gateway.py",
        '{"position": position, "quantity": count}',
        '{"position": position + 1, "quantity": count}',
        test_talon_one.test_units_of_each_line_are_returned_by_their_positions_and_what_that_rolled_back_is_told,
    ),
    "the place in the list": Mutant(
        "answers.py",
        "number if each.position is None else each.position: each",
        "number: each",
        test_talon_one.test_a_cart_item_that_names_its_line_is_found_by_that,
    ),
    "one unit whatever the quantity": Mutant(
        "gateway.py",
        '{"position": position, "quantity": count}',
        '{"position": position, "quantity": 1}',
        test_talon_one.test_units_of_each_line_are_returned_by_their_positions_and_what_that_rolled_back_is_told,
    ),
    "another session's answer": Mutant("gateway.py", "    if made != missing or", "    if False and made or", no_yes),
    "200 taken for a return": Mutant(
        "gateway.py", "    if _missing(answer.session, lines):\n", "    if False:\n", nothing_done
    ),
    "the SKU alone": Mutant(
        "gateway.py",
        "if each.line_id == line.line_id]",
        "if False]",
        test_talon_one.test_a_cart_item_that_names_its_line_is_found_by_that,
    ),
    "another line's cart item": Mutant(
        "gateway.py", "if each.line_id is None and each.sku", "if each.sku", another_line
    ),
    "the first of several": Mutant(
        "gateway.py", "    if len(found) != 1:", "    found = found[:1]\n    if not found:", two_of_a_sku
    ),
    "another quantity": Mutant("gateway.py", "    if there != here:", "    if False:", fewer),
    "an open session": Mutant(
        "gateway.py",
        "if session.state is SessionState.OPEN:",
        "if False:",
        test_talon_one.test_a_session_that_they_do_not_know_or_that_is_open_is_refused,
    ),
    "a cancelled session": Mutant(
        "gateway.py",
        "    if session.state is SessionState.CANCELLED:\n        return {}\n",
        "",
        test_talon_one.test_of_a_cancelled_session_everything_is_back,
    ),
    "refused, and not looked at again": Mutant(
        "gateway.py",
        "            if _missing(await self._session(instruction), lines):\n",
        "            if True:\n",
        test_systems.test_twenty_who_ask_at_once_have_it_done_once,
    ),
    "a no that is swallowed": Mutant(
        "gateway.py",
        "            if _missing(await self._session(instruction), lines):\n",
        "            if False:\n",
        test_systems.test_a_no_is_told_with_the_reason_of_the_system,
    ),
    "an undo that says it has undone": Mutant(
        "gateway.py",
        "session.items[position].returned > none_of_it for",
        "False for",
        test_talon_one.test_what_was_returned_is_not_taken_back_and_what_was_not_needs_no_undo,
    ),
    "an undo of what others have returned": Mutant(
        "gateway.py",
        "_whole(line.in_all) - _whole(line.quantity)) for",
        "0) for",
        test_talon_one.test_what_was_returned_is_not_taken_back_and_what_was_not_needs_no_undo,
    ),
    "more than is left": Mutant(
        "gateway.py",
        "if count > item.quantity - item.returned:",
        "if False:",
        test_talon_one.test_more_than_is_left_is_not_asked_for,
    ),
    "part of a unit": Mutant(
        "gateway.py",
        "    if count != count.to_integral_value():",
        "    if False:",
        test_talon_one.test_a_part_of_a_unit_is_refused,
    ),
    "effects not told": Mutant(
        "gateway.py",
        "beyond, effects)",
        "beyond)",
        test_talon_one.test_units_of_each_line_are_returned_by_their_positions_and_what_that_rolled_back_is_told,
    ),
    "ids unescaped": Mutant(
        "gateway.py",
        "quote(instruction.order_id, safe='')",
        "instruction.order_id",
        test_systems.test_twenty_who_ask_at_once_have_it_done_once,
    ),
    "the wrong key": Mutant(
        "json_calls.py",
        "self.poster.get(url, self.at.headers,",
        'self.poster.get(url, {"authorization": f"ManagementKey-v1 {self.at.api_key}"},',
        test_systems.test_a_no_is_told_with_the_reason_of_the_system,
    ),
    "not let in, taken for a no": Mutant(
        "telling_status.py",
        " or status in says_nothing:",
        ":",
        test_systems.test_who_does_not_know_the_secret_is_told_nothing,
    ),
    "a conflict taken for a no": Mutant(
        "calls.py",
        "HTTPStatus.FORBIDDEN, HTTPStatus.CONFLICT)",
        "HTTPStatus.FORBIDDEN)",
        test_talon_one.test_a_session_that_somebody_changes_just_now_is_asked_again,
    ),
    "given up by somebody else, taken for an answer": Mutant(
        "telling_status.py",
        " or status in not_theirs:",
        ":",
        test_talon_one.test_what_somebody_before_them_gave_up_may_still_be_under_way,
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
}


@pytest.mark.parametrize("name", MUTANTS)
async def test_a_fault_in_the_adapter_of_talon_one_is_caught(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    async with with_fault(MUTANTS[name], tmp_path) as party:
        await is_caught(MUTANTS[name], party)


async def test_a_copy_of_the_adapter_of_talon_one_without_a_fault_passes_what_catches_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    await passes_without_a_fault(MUTANTS, "class TalonOneSystem:", with_fault, tmp_path)


@asynccontextmanager
async def with_fault(mutant: Mutant[TalonOneParty], folder: Path) -> AsyncIterator[TalonOneParty]:
    adapter = loaded(gateways.talon_one, mutant, folder, (gateways.json_calls, gateways.telling_status))
    async with talon_one_party(adapter("gateway").TalonOneSystem) as party:
        await party.sold("o1", item(0, "cup", 2), item(1, "kettle", 3))
        yield party
