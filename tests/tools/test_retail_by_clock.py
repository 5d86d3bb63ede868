"""The first weeks of a real shop by the test clock (`make retail BY_CLOCK=1` plays the year): as by waiting."""

import os
from datetime import timedelta

from rich.progress import Progress

from tools.retail.answers import COMPLETED
from tools.retail.by_clock import replay_by_clock
from tools.retail.data import Line, Link, Return, find, read
from tools.retail.outcome import LATE
from tools.stack.stack import Stack


async def test_nine_weeks_pass_by_the_clock_and_each_return_is_late_or_done_on_its_day(stack: Stack) -> None:
    weeks = read(find(os.environ)).of_every_tenth_customer().of_the_first(timedelta(weeks=9))
    where = stack.description
    late = [each for each in weeks.returns if each.sale and _days_after(each, each.sale) > 30]

    with Progress(disable=True) as unseen:
        outcome = await replay_by_clock(where.api_url, where.owner_database_url, weeks, unseen)

    default, year = outcome.passes
    assert outcome.faults == () and late and len(year.asked) == len(default.asked) == len(weeks.returns)
    assert (default.count(LATE), year.count(LATE)) == (len(late), 0)
    assert year.count(COMPLETED) == year.count(COMPLETED, Link.MATCHED, Link.MATCHED_OTHER_PRICE) > 0
    assert year.money.refunded == year.money.due > default.money.refunded


def _days_after(wanted: Return, sale: Line) -> int:
    return (wanted.cancelled.at.date() - sale.at.date()).days
