"""The adapter of merchants' own systems: each call signed and answered under a signature, or nobody knows."""

import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus

from pydantic import ValidationError

from domain.entitlements.elsewhere import Instruction
from gateways import signatures
from gateways.entitlements.contract import NEVER_TWICE, PATHS, Action, AnswerBody, RefusalBody, State, request_body
from gateways.ports import Declined, NoAnswer, OutOfOrder, TryLater
from gateways.posting import Poster, Reply
from gateways.retry_after import retry_after

ANSWERS_WITHIN_S = 4.0
"""A look-up and what follows it are over before the step's time is."""

MOST_ANSWER_BYTES = 16_000

_USUAL_PAUSE = timedelta(seconds=5)
_LONGEST_PAUSE = timedelta(minutes=5)
"""Who asks for more is asked again all the same: a pause is not signed, and a step's patience has an end."""


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
        _refuse_trouble(reply)
        self._verify(reply, request_id)
        if reply.status_code == HTTPStatus.OK:
            return _understood(reply, instruction, expected)
        raise _refused(reply, instruction)

    def _verify(self, reply: Reply, request_id: str) -> None:
        """Raise NoAnswer for what they have not signed, or signed as the answer to something else."""
        if reply.headers.get("webhook-id") != request_id:
            raise NoAnswer(f"answered {reply.status_code}, and not to what was asked")
        try:
            signatures.verify(self._at.secrets, reply.headers, reply.answer.encode())
        except signatures.BadSignature as forged:
            raise NoAnswer(f"answered {reply.status_code}, which none of the secrets has signed") from forged


def _refuse_trouble(reply: Reply) -> None:
    """Raise for what says nothing of the instruction, whoever said it."""
    if reply.status_code is None or reply.trouble is not None:
        raise NoAnswer(reply.trouble or "no answer")
    if reply.status_code == HTTPStatus.TOO_MANY_REQUESTS:
        pause = retry_after(reply.headers.get("retry-after", ""), _USUAL_PAUSE)
        raise TryLater(min(pause, _LONGEST_PAUSE))
    if reply.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise OutOfOrder(f"answered {reply.status_code}")


def _understood(reply: Reply, instruction: Instruction, expected: tuple[State, ...]) -> AnswerBody:
    try:
        answer = AnswerBody.model_validate_json(reply.answer)
    except ValidationError as unread:
        raise NoAnswer("answered 200 with something else than the contract has") from unread
    if answer.instruction_id != instruction.instruction_id or answer.state not in expected:
        raise NoAnswer(f"answered {answer.state} of {answer.instruction_id!r}, which is no answer to this")
    return answer


def _refused(reply: Reply, instruction: Instruction) -> Exception:
    try:
        refusal = RefusalBody.model_validate_json(reply.answer)
    except ValidationError:
        return NoAnswer(f"answered {reply.status_code} with something else than the contract has")
    is_no = HTTPStatus.BAD_REQUEST <= (reply.status_code or 0) < HTTPStatus.INTERNAL_SERVER_ERROR
    if refusal.instruction_id != instruction.instruction_id or not is_no:
        return NoAnswer(f"answered {reply.status_code} of {refusal.instruction_id!r}, which is no answer to this")
    return Declined(refusal.code, f"{refusal.code}: {refusal.detail}" if refusal.detail else refusal.code)
