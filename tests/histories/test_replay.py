"""Refunds live for weeks: whatever is changed must go on with the histories that running refunds have."""

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner
from temporalio.workflow import NondeterminismError

from proof.simulation.mutation import WorkflowMutant, mutated
from temporal_client.payloads import PLAIN
from tests.histories.record import RECORDED
from tests.histories.scenarios import SCENARIOS
from workflows.refund import RefundWorkflow

_NAMES = [scenario.__name__ for scenario in SCENARIOS]


def recorded(name: str) -> WorkflowHistory:
    return WorkflowHistory.from_json(f"refund-{name}", (RECORDED / f"{name}.json").read_text(encoding="utf-8"))


async def replay(workflow: type, name: str) -> None:
    replayer = Replayer(
        workflows=[workflow],
        data_converter=PLAIN,
        workflow_runner=UnsandboxedWorkflowRunner(),
    )
    await replayer.replay_workflow(recorded(name))


def test_every_way_of_a_refund_has_its_history() -> None:
    assert {path.stem for path in RECORDED.glob("*.json")} == set(_NAMES)


@pytest.mark.parametrize("name", _NAMES)
async def test_a_refund_that_began_before_this_change_goes_on_after_it(name: str) -> None:
    await replay(RefundWorkflow, name)


async def test_a_change_that_would_break_running_refunds_is_noticed() -> None:
    pay_later = WorkflowMutant(
        "the payout waits for a second",
        "paying.Paying.pay_everyone",
        "self._intake.phase = Phase.PAYOUT",
        "self._intake.phase = Phase.PAYOUT\nawait workflow.sleep(1)",
    )

    with mutated(pay_later) as changed, pytest.raises(NondeterminismError):
        await replay(changed, "approved_by_rule")
