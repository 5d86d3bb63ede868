"""The steps of large orders are done by another process, and end there as they would here."""

import os
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput

from service.steps import RefundRef
from temporal_client.apart import Activity, Apart


@dataclass(frozen=True, slots=True)
class Command:
    refund: RefundRef
    fails_with: str = ""


HEAVY, LIGHT = RefundRef("rf_heavy", "a"), RefundRef("rf_light", "a")
weighed: list[str] = []


async def weigh(refund_id: str) -> bool:
    weighed.append(refund_id)
    return refund_id == HEAVY.refund_id


async def do(command: Command) -> tuple[int, str]:
    """A step that says which process did it, or fails."""
    if command.fails_with == "Declined":
        raise ApplicationError("no", 1, type="Declined", non_retryable=True)
    if command.fails_with:
        raise LookupError("not there")
    return os.getpid(), command.refund.merchant_id


async def _built() -> Mapping[str, Activity]:
    return {"do": do}


class Here(ActivityInboundInterceptor):
    """The end of the chain: does the step in this process."""

    def __init__(self) -> None:
        pass

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        return await input.fn(*input.args)


@pytest.fixture
async def apart() -> AsyncIterator[Apart]:
    opened = Apart(_built, weigh)
    yield opened
    opened.close()


async def perform(apart: Apart, command: Command) -> Any:
    environment = ActivityEnvironment()
    environment.info = replace(environment.info, activity_type="do")
    chain = apart.intercept_activity(Here())
    return await environment.run(chain.execute_activity, ExecuteActivityInput(do, [command], None, {}))


async def test_a_large_step_is_done_by_another_process(apart: Apart) -> None:
    process, merchant = await perform(apart, Command(HEAVY))

    assert process != os.getpid()
    assert merchant == "a"


async def test_any_other_step_is_done_here(apart: Apart) -> None:
    assert await perform(apart, Command(LIGHT)) == (os.getpid(), "a")


async def test_a_refund_is_weighed_once(apart: Apart) -> None:
    weighed.clear()

    for _ in range(3):
        await perform(apart, Command(LIGHT))

    assert weighed == [LIGHT.refund_id]


async def test_a_no_over_there_is_the_same_no_here(apart: Apart) -> None:
    with pytest.raises(ApplicationError) as refused:
        await perform(apart, Command(HEAVY, fails_with="Declined"))

    said = refused.value
    assert (said.message, said.type, said.non_retryable, tuple(said.details)) == ("no", "Declined", True, (1,))


async def test_what_else_goes_wrong_over_there_is_tried_again(apart: Apart) -> None:
    with pytest.raises(ApplicationError, match="not there") as failed:
        await perform(apart, Command(HEAVY, fails_with="anything"))

    assert (failed.value.type, failed.value.non_retryable) == ("LookupError", False)
