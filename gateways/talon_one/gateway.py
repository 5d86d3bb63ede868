"""Promotions that live in Talon.One: what is back of each line by our refunds, and not yet there, is returned there.

Talon.One knows no keys of ours, and rolls back points, coupons and discounts of returned units by itself. How many
units of a cart item are returned there says what is done, whoever did it: each call looks first. Two who ask at the
same moment would both return what is missing, so whoever asks sees to it that they take turns.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from urllib.parse import quote

from domain.entitlements.elsewhere import Instruction, LineBack, UnitsBack
from gateways.entitlements.contract import MOST_EFFECTS, AnswerBody, State
from gateways.ports import Declined, NoAnswer
from gateways.posting import Poster
from gateways.talon_one.answers import LINE_ATTRIBUTE, SessionFound, SessionState, TalonOneReturned, TalonOneSession
from gateways.talon_one.calls import TalonOneAt, calls

_MOST_EFFECT_LETTERS = 200


class TalonOneSystem:
    """One merchant's Application. Its customer sessions have our orders' ids as integration ids."""

    settles_in = timedelta(seconds=30)

    def __init__(self, poster: Poster, at: TalonOneAt) -> None:
        self._calls = calls(poster, at)

    async def do(self, instruction: Instruction) -> AnswerBody:
        """Return the units that are back by our count and not by theirs. Raises Declined, TryLater, and the others."""
        session, lines = await self._session(instruction), _lines(instruction)
        missing = _missing(session, lines)
        if not missing:
            return _answer(instruction, State.DONE, beyond=_beyond(session, lines))
        _refuse_more_than_is_left(session, missing)
        try:
            answer = await self._calls.post(f"{_path(instruction)}/returns", _asked(missing), TalonOneReturned)
        except Declined:
            if _missing(await self._session(instruction), lines):
                raise
            return _answer(instruction, State.DONE)
        _require_returned(answer, instruction, missing, lines)
        effects = tuple(each.in_words for each in answer.effects)
        beyond = _beyond(answer.session, lines)
        return _answer(instruction, State.DONE, f"return {answer.made.id}", beyond, effects)

    async def undo(self, instruction: Instruction) -> AnswerBody:
        """See that nothing of it was returned; what was is not taken back, they have no such request.

        There is no tombstone: a return that is later than this would still be done.
        """
        session, lines = await self._session(instruction), _lines(instruction)
        before = [(position, _whole(line.in_all) - _whole(line.quantity)) for position, line in _placed(session, lines)]
        if session.state is SessionState.CANCELLED or any(
            session.items[position].returned > none_of_it for position, none_of_it in before
        ):
            raise Declined("no_undo", "Talon.One takes no return back: what it rolled back is granted there by hand")
        return _answer(instruction, State.UNDONE)

    async def look_up(self, instruction: Instruction) -> AnswerBody:
        """Say whether all of it is back; a part is as good as nothing, as what is back is not returned again."""
        missing = _missing(await self._session(instruction), _lines(instruction))
        return _answer(instruction, State.UNKNOWN if missing else State.DONE)

    async def _session(self, instruction: Instruction) -> TalonOneSession:
        session = (await self._calls.get(_path(instruction), SessionFound)).session
        if session.integration_id != instruction.order_id:
            raise NoAnswer(f"answered session {session.integration_id!r}, which was not asked for")
        if session.state is SessionState.OPEN:
            raise Declined("session_not_closed", f"session {instruction.order_id} is open: close it with its order")
        return session


def _lines(instruction: Instruction) -> Sequence[LineBack]:
    if not isinstance(instruction.effect, UnitsBack):
        raise Declined("unknown_kind", f"no {instruction.effect.kind} live in Talon.One, promotions alone do")
    return instruction.effect.lines


def _missing(session: TalonOneSession, lines: Sequence[LineBack]) -> dict[int, int]:
    """Count by position the units that are back by our count and not by theirs; a cancelled session has all back."""
    if session.state is SessionState.CANCELLED:
        return {}
    counted = {
        position: _whole(line.in_all) - session.items[position].returned for position, line in _placed(session, lines)
    }
    return {position: count for position, count in counted.items() if count > 0}


def _beyond(session: TalonOneSession, lines: Sequence[LineBack]) -> tuple[str, ...]:
    """Say where more is returned there than our refunds account for."""
    if session.state is SessionState.CANCELLED:
        return ("the whole session is cancelled there",)
    found = ((position, session.items[position].returned, line) for position, line in _placed(session, lines))
    return tuple(
        f"cart item {position}: {returned} returned there, {line.in_all} by our refunds"
        for position, returned, line in found
        if returned > _whole(line.in_all)
    )


def _placed(session: TalonOneSession, lines: Sequence[LineBack]) -> list[tuple[int, LineBack]]:
    return [(_position_of(session, line), line) for line in lines]


def _position_of(session: TalonOneSession, line: LineBack) -> int:
    """Find the cart item that says it is this line, else the only one of its SKU that says nothing of lines.

    Raises Declined for none or several, and where it is not as many units as the line.
    """
    items = session.items.items()
    found = [position for position, each in items if each.line_id == line.line_id]
    if not found:
        found = [position for position, each in items if each.line_id is None and each.sku == line.sku]
    if len(found) != 1:
        which = f"{len(found)} cart items are line {line.line_id} ({line.sku}): name it in their `{LINE_ATTRIBUTE}`"
        raise Declined("several_cart_items" if found else "no_cart_item", which)
    (position,) = found
    there, here = session.items[position].quantity, _whole(line.ordered)
    if there != here:
        raise Declined("another_quantity", f"cart item {position} has {there} units, line {line.line_id} has {here}")
    return position


def _whole(quantity: str) -> int:
    count = Decimal(quantity)
    if count != count.to_integral_value():
        raise Declined("not_whole", f"{quantity} are no whole units, and Talon.One returns whole ones alone")
    return int(count)


def _refuse_more_than_is_left(session: TalonOneSession, missing: Mapping[int, int]) -> None:
    for position, count in missing.items():
        item = session.items[position]
        if count > item.quantity - item.returned:
            raise Declined(
                "not_enough_left",
                f"cart item {position} has {item.quantity - item.returned} left, {count} are asked for",
            )


def _asked(missing: Mapping[int, int]) -> bytes:
    items = [{"position": position, "quantity": count} for position, count in missing.items()]
    return json.dumps({"return": {"returnedCartItems": items}, "responseContent": ["customerSession"]}).encode()


def _require_returned(
    answer: TalonOneReturned, instruction: Instruction, missing: Mapping[int, int], lines: Sequence[LineBack]
) -> None:
    """A yes names the return that was asked for, and shows it in the session: 200 alone is none."""
    made = Counter[int]()
    for each in answer.made.items:  # they may name each unit by itself
        made[each.position] += each.quantity
    if made != missing or {answer.made.session, answer.session.integration_id} != {instruction.order_id}:
        raise NoAnswer(f"asked to return {dict(missing)}, answered {dict(made)} of session {answer.made.session!r}")
    if _missing(answer.session, lines):
        raise NoAnswer(f"asked to return {dict(missing)}, and the session is as before")


def _path(instruction: Instruction) -> str:
    return f"/v2/customer_sessions/{quote(instruction.order_id, safe='')}"


def _answer(
    instruction: Instruction,
    state: State,
    reference: str = "",
    beyond: Sequence[str] = (),
    effects: Sequence[str] = (),
) -> AnswerBody:
    said = tuple(each[:_MOST_EFFECT_LETTERS] for each in (*beyond, *effects))[:MOST_EFFECTS]
    return AnswerBody(instruction_id=instruction.instruction_id, state=state, reference=reference, effects=said)
