"""A run that does not know yet what was said to earlier ones says no to nothing: it may have been said, and done."""

from collections.abc import Iterator
from typing import Any

import pytest

from activities.parcels import Inspection, Loss, Receipt, ReturnShipment
from activities.reopening import Opening
from domain.money.amounts import Money
from proof.simulation.moves import Begin, Update
from proof.simulation.mute_progress import silence
from proof.simulation.runs import Run
from service.steps import RefundRef
from workflows.contract import NOT_YET, CancelInput, ResolveSaid, ReviewSaid, StartRefund
from workflows.refund import RefundWorkflow

LINES = (("l1", 1),)
SAID = [
    ("review", ReviewSaid("approve", "reviewer", "")),
    ("cancel", CancelInput("customer", "")),
    ("shipment", ReturnShipment("SF", "1", "customer")),
    ("receipt", Receipt((("l1", 2),), "warehouse")),
    ("inspection", Inspection((), "warehouse")),
    ("resolve", ResolveSaid("pay_out", "retry", "ops", "")),
]


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    with silence():
        yield


def refused_while_it_loads(opening: Opening, *said: Update) -> list[str]:
    ref = RefundRef("rf-1", "m")
    begin = Begin(StartRefund(ref, "o1", "quality_issue", Money("CNY", 100), LINES, False, opening))
    reply = Run(RefundWorkflow, "run-2", begin, None).turn(1_793_500_000.0, begin, *said)
    return [each.why.partition(":")[0] for each in reply.refused]


@pytest.mark.parametrize("opening", Opening)
@pytest.mark.parametrize(("update", "what"), SAID)
def test_nothing_is_refused_for_good_before_a_run_has_loaded(opening: Opening, update: str, what: Any) -> None:
    assert refused_while_it_loads(opening, Update("u1", update, what)) == [NOT_YET]


def test_a_loss_is_not_refused_for_another_before_the_run_that_it_opens_has_loaded() -> None:
    first, second = (Update(id_, "loss", Loss("the carrier lost it", id_)) for id_ in ("u1", "u2"))

    assert refused_while_it_loads(Opening.REOPENED_FOR_PARCEL, first, second) == [NOT_YET]
