"""For what a customer waited longest."""

from datetime import datetime

import pytest

from domain.explain.waits import WaitedFor, longest_wait
from tests.domain.builders import on


@pytest.mark.parametrize(
    ("marks", "waited_for"),
    [
        ({"requested": on(1), "answered": on(3), "approved": on(3), "paid": on(4)}, WaitedFor.DECISION),
        (
            {"requested": on(1), "answered": on(1), "approved": on(1), "received": on(6), "paid": on(7)},
            WaitedFor.PARCEL,
        ),
        ({"requested": on(1), "answered": on(1), "received": on(2), "inspected": on(9)}, WaitedFor.INSPECTION),
        ({"requested": on(1), "answered": on(2), "approved": on(2), "paid": on(5)}, WaitedFor.MONEY),
        (
            {"requested": on(1), "answered": on(1), "approved": on(1), "inspected": on(4), "paid": on(5)},
            WaitedFor.MONEY,
        ),
        ({"requested": on(1), "answered": on(1), "paid": on(2), "completed": on(5)}, WaitedFor.ENTITLEMENTS),
        ({"requested": on(1), "answered": None}, WaitedFor.DECISION),
    ],
)
def test_what_took_longest_is_what_an_opinion_is_about(
    marks: dict[str, datetime | None], waited_for: WaitedFor
) -> None:
    assert longest_wait(marks) is waited_for
