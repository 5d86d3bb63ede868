"""What a plain refund asks of Postgres, counted from the server's log. To raise a count needs a decision record.

The least of many counts: an attempt that a slow machine repeats, or upkeep that comes by meanwhile, sends more, and
nothing sends less; and where much is done at once a connection is used for the first time, which prepares what it
sends. In a stack of its own: what others have prepared on a connection is no matter of a plain refund.
"""

from pathlib import Path

from proof.bench.statements import counted_in, least
from tests.conftest import settings_at
from tests.tools.stack.prepared import prepared_home
from tools.stack.stack import Stack

WARM = 50
COUNTED = 20


def test_a_plain_refund_is_few_statements_in_few_transactions_and_all_are_prepared(tmp_path: Path) -> None:
    with prepared_home(tmp_path) as home, Stack(settings_at(home)) as stack:
        counts = least(counted_in(stack, WARM, COUNTED))

    assert counts["post_statements"] <= 15
    assert counts["post_transactions"] == 1
    assert counts["statements"] <= 80
    assert counts["transactions"] <= 12
    assert counts["of_everyone"] == 0
    assert counts["parses"] == 0
