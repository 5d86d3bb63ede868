"""What another system answered, in the words of the timeline and in full for the audit trail."""

from dataclasses import asdict
from typing import Any

from domain.entitlements.elsewhere import Instruction
from gateways.entitlements.contract import AnswerBody

_EFFECTS_SHOWN = 5
"""The timeline says no more of what came of it; the audit trail has all."""


def detail(system_id: str, instruction: Instruction, answer: AnswerBody) -> dict[str, Any]:
    named = {"system": system_id, "instruction_id": instruction.instruction_id, "reference": answer.reference}
    came = {"effects": list(answer.effects)} if answer.effects else {}
    return named | asdict(instruction.effect) | came


def what_came(answer: AnswerBody) -> str:
    """Say what came of it there: : rollbackDiscount: 5 (5forALL), and 2 more."""
    if not answer.effects:
        return ""
    more = len(answer.effects) - _EFFECTS_SHOWN
    return ": " + ", ".join(answer.effects[:_EFFECTS_SHOWN]) + (f", and {more} more" if more > 0 else "")
