"""How the product asks for a refund: it looks first, and asks again until somebody says yes or no."""

import asyncio
import secrets
from contextlib import suppress

from domain.money.amounts import Money
from gateways.ports import Declined, GatewayRefund, GatewayStatus, RefundInstruction, TryLater
from tests.gateways.party import Party

_PATIENCE_S = 1.0
"""How long the first try waits; each later one waits longer, so that a busy machine comes to an end as well."""

_TRIES = 20


def cny(amount: int) -> Money:
    return Money("CNY", amount)


def intent(party: Party, charge_ref: str, amount: Money, *, key: str = "") -> RefundInstruction:
    """Ask for a part of a charge under a key of its own, unless one is given."""
    return RefundInstruction(key or f"rf_{secrets.token_hex(10)}-0-0", party.merchant_id, charge_ref, amount)


async def until_answered(party: Party, instruction: RefundInstruction, *, asked_before: bool = False) -> GatewayRefund:
    """Ask as `activities/payouts.py` does, and as often as Temporal would; raises Declined."""
    for number in range(1, _TRIES + 1):
        with suppress(TimeoutError, OSError, _NobodyKnows):
            async with asyncio.timeout(_PATIENCE_S * number):
                return await _asked(party, instruction, asked_before=asked_before)
        asked_before = True
    raise AssertionError(f"no answer after {_TRIES} tries")


class _NobodyKnows(Exception):
    """Whatever goes wrong that is no answer."""


async def _asked(party: Party, instruction: RefundInstruction, *, asked_before: bool) -> GatewayRefund:
    try:
        known = await party.gateway.look_up(instruction) if asked_before else None
        answer = known or await found(party, instruction) or await party.gateway.refund(instruction)
        if answer.status is GatewayStatus.FAILED:  # the product books both as the same no
            raise Declined(answer.decline_code or "failed_later", "they could not deliver the money")
        return answer
    except (Declined, AssertionError):
        raise
    except TryLater as busy:
        await asyncio.sleep(busy.retry_after.total_seconds())
        raise _NobodyKnows from busy
    except Exception as trouble:
        raise _NobodyKnows from trouble


async def found(party: Party, instruction: RefundInstruction) -> GatewayRefund | None:
    """Find the newest refund of a key among those of its charge, as a database does that has forgotten its asking."""
    listed = await party.gateway.refunds_of(instruction.merchant_id, instruction.charge_ref)
    own = [each for each in listed if each.key == instruction.key]
    return own[-1].as_answer if own else None
