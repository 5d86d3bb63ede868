"""What a step raises, its run knows by name: Temporal carries no more of an exception than that."""

import pytest

from activities.attention import AsksSomethingElse
from activities.refunds import AlreadyPaid
from db.steps import AlreadyUndone
from service.steps import RunIsBehind
from workflows import contract


@pytest.mark.parametrize(
    ("known_as", "raised"),
    [
        (contract.ALREADY_PAID, AlreadyPaid),
        (contract.ALREADY_UNDONE, AlreadyUndone),
        (contract.ASKS_SOMETHING_ELSE, AsksSomethingElse),
        (contract.RUN_IS_BEHIND, RunIsBehind),
    ],
)
def test_what_a_step_raises_has_the_name_that_its_run_knows(known_as: str, raised: type[Exception]) -> None:
    assert known_as == raised.__name__
