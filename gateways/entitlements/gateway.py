"""The adapter of merchants' own systems: each call signed and answered under a signature, or nobody knows."""

import secrets
from dataclasses import dataclass, field
from http import HTTPStatus

from pydantic import ValidationError

from domain.entitlements.elsewhere import Instruction
from gateways import signatures
from gateways.entitlements.contract import NEVER_TWICE, PATHS, Action, AnswerBody, RefusalBody, State, request_body
from gateways.ports import Declined, NoAnswer
from gateways.posting import Poster, Reply
from gateways.telling_status import telling_status

ANSWERS_WITHIN_S = 4.0
"""A look-up and what follows it are over before the step's time is."""

MOST_ANSWER_BYTES = 16_000


@dataclass(frozen=True, slots=True)
class SystemAt:
    """Where a system is, and the secrets that sign: all of them requests, any of them an answer; the newest first."""

    url: str
    secrets: tuple[str, ...] = field(repr=False)


class EntitlementSystem:
    """Asks one system; never twice by itself, as who asks looks first."""

    settles_in = NEVER_TWICE

    def __init__(self, poster: Poster, at: SystemAt) -> None:
        self._poster = poster
        self._at = at

    async def do(self, instruction: Instruction) -> AnswerBody:
        """Have it done. Raises Declined, TryLater, and OutOfOrder or NoAnswer when nobody knows."""
        return await self._asked(Action.DO, instruction, (State.DONE,))

    async def undo(self, instruction: Instruction) -> AnswerBody:
        """Have it undone, also what never arrived there: it is not done any more when it comes late."""
        return await self._asked(Action.UNDO, instruction, (State.UNDONE,))

    async def look_up(self, instruction: Instruction) -> AnswerBody:
        """Ask what has become of it."""
        return await self._asked(Action.LOOK_UP, instruction, tuple(State))

    async def _asked(self, action: Action, instruction: Instruction, expected: tuple[State, ...]) -> AnswerBody:
        body, request_id = request_body(action, instruction), f"msg_{secrets.token_hex(16)}"
        headers = signatures.sign_by_each(self._at.secrets, request_id, body.decode())
        reply = await self._poster.post(f"{self._at.url}{PATHS[action]}", body, headers)
        status = telling_status(reply)
        self._verify(reply, request_id)
        if status == HTTPStatus.OK:
            return _understood(reply, instruction, expected)
        raise _refused(reply, status, instruction)

    def _verify(self, reply: Reply, request_id: str) -> None:
        """Raise NoAnswer for what they have not signed, or signed as the answer to something else."""
        if reply.headers.get("webhook-id") != request_id:
            raise NoAnswer(f"answered {reply.status_code}, and not to what was asked")
        try:
            signatures.verify(self._at.secrets, reply.headers, reply.answer.encode())
        except signatures.BadSignature as forged:
            raise NoAnswer(f"answered {reply.status_code}, which none of the secrets has signed") from forged


def _understood(reply: Reply, instruction: Instruction, expected: tuple[State, ...]) -> AnswerBody:
    try:
        answer = AnswerBody.model_validate_json(reply.answer)
    except ValidationError as unread:
        raise NoAnswer("answered 200 with something else than the contract has") from unread
    if answer.instruction_id != instruction.instruction_id or answer.state not in expected:
        raise NoAnswer(f"answered {answer.state} of {answer.instruction_id!r}, which is no answer to this")
    return answer


def _refused(reply: Reply, status: int, instruction: Instruction) -> Exception:
    try:
        refusal = RefusalBody.model_validate_json(reply.answer)
    except ValidationError:
        return NoAnswer(f"answered {status} with something else than the contract has")
    if refusal.instruction_id != instruction.instruction_id or status < HTTPStatus.BAD_REQUEST:
        return NoAnswer(f"answered {status} of {refusal.instruction_id!r}, which is no answer to this")
    return Declined(refusal.code, f"{refusal.code}: {refusal.detail}" if refusal.detail else refusal.code)
