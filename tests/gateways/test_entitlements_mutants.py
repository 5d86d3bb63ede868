"""The suite would notice: the adapter of merchants' own systems with one fault each, which a test must catch."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest

import gateways.entitlements
import gateways.telling_status
from tests.gateways import test_entitlements, test_systems
from tests.gateways.entitlements_party import EntitlementsParty, entitlements_party
from tests.gateways.mutants import Mutant, is_caught, loaded, passes_without_a_fault

unsigned = partial(test_entitlements.test_what_is_no_answer_of_theirs_says_nothing, course="says_done")
by_another = partial(
    test_entitlements.test_what_is_no_answer_of_theirs_says_nothing, course="says_done_signed_by_another"
)
of_another = partial(test_entitlements.test_what_is_no_answer_of_theirs_says_nothing, course="says_done_of_another")
says_undone = partial(test_entitlements.test_what_is_no_answer_of_theirs_says_nothing, course="says_undone")
broken = partial(test_systems.test_who_breaks_down_is_asked_until_it_is_known, course="breaks_down")

MUTANTS: dict[str, Mutant[EntitlementsParty]] = {
    "no look-up": Mutant(
        "gateway.py",
        "return await self._asked(Action.LOOK_UP, instruction, tuple(State))",
        "return AnswerBody(instruction_id=instruction.instruction_id, state=State.UNKNOWN)",
        test_systems.test_what_nobody_answered_is_settled_by_looking_it_up,
    ),
    "the attempt names it": Mutant(
        "contract.py",
        '{"action": action, **asdict(instruction)}',
        '{"action": action, **asdict(instruction), "instruction_id": __import__("secrets").token_hex(8)}',
        test_systems.test_what_nobody_answered_is_settled_by_looking_it_up,
    ),
    "the wrong key": Mutant(
        "gateway.py",
        "signatures.sign_by_each(self._at.secrets,",
        'signatures.sign_by_each(["whsec_c3RyYW5nZXJzdHJhbmdl"],',
        test_systems.test_what_is_undone_is_as_before_however_often_it_is_undone,
    ),
    "one secret alone": Mutant(
        "gateway.py",
        "signatures.sign_by_each(self._at.secrets,",
        "signatures.sign_by_each(self._at.secrets[:1],",
        test_entitlements.test_while_one_secret_replaces_another_either_side_may_know_one_of_them_alone,
    ),
    "answers unverified": Mutant("gateway.py", "        self._verify(reply, request_id)\n", "", unsigned),
    "whoever signed": Mutant(
        "gateway.py",
        "            signatures.verify(self._at.secrets, reply.headers, reply.answer.encode())\n",
        "            pass\n",
        by_another,
    ),
    "an answer to something else": Mutant(
        "gateway.py",
        'if reply.headers.get("webhook-id") != request_id:',
        "if False:",
        test_entitlements.test_an_answer_that_is_played_again_is_none,
    ),
    "an answer about something else": Mutant(
        "gateway.py",
        "if answer.instruction_id != instruction.instruction_id or answer.state not in expected:",
        "if answer.state not in expected:",
        of_another,
    ),
    "200 taken for a yes": Mutant(
        "gateway.py",
        "if answer.instruction_id != instruction.instruction_id or answer.state not in expected:",
        "if answer.instruction_id != instruction.instruction_id:",
        says_undone,
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
    "a no without its reason": Mutant(
        "gateway.py",
        "return Declined(refusal.code, ",
        'return Declined("declined", ',
        test_systems.test_a_no_is_told_with_the_reason_of_the_system,
    ),
    "an undo that does": Mutant(
        "gateway.py",
        "return await self._asked(Action.UNDO, instruction, (State.UNDONE,))",
        "return await self._asked(Action.DO, instruction, (State.DONE,))",
        test_systems.test_what_is_undone_is_as_before_however_often_it_is_undone,
    ),
}


@pytest.mark.parametrize("name", MUTANTS)
async def test_a_fault_in_the_adapter_is_caught(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    async with with_fault(MUTANTS[name], tmp_path) as party:
        await is_caught(MUTANTS[name], party)


async def test_a_copy_without_a_fault_passes_what_catches_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    await passes_without_a_fault(MUTANTS, "class EntitlementSystem:", with_fault, tmp_path)


@asynccontextmanager
async def with_fault(mutant: Mutant[EntitlementsParty], folder: Path) -> AsyncIterator[EntitlementsParty]:
    adapter = loaded(gateways.entitlements, mutant, folder, (gateways.telling_status,))
    async with entitlements_party(adapter("gateway").EntitlementSystem) as party:
        yield party
