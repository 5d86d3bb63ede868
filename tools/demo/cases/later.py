"""What takes a month: it passes in seconds on the clock of a shop of its own, and everything comes at its moment."""

from datetime import datetime, timedelta

from tools.client import Json, Refused
from tools.demo.cases.case import APPROVED, Case, CaseWords, Person
from tools.demo.cases.case_run import CaseRun
from tools.demo.cases.figures import left
from tools.demo.cases.sample_orders import Goods, SampleSale

_A_MONTH = "P30D"
_A_MOMENT = timedelta(hours=1)
_MESSAGES = ["received", "approved", "label_ready", "return_reminder", "expired"]


async def parcel_never_comes(case_run: CaseRun) -> None:
    await case_run.customer_registers()
    order = await case_run.sold(SampleSale((Goods("scarf", "Scarf", 88_00),)))
    refund_id = await case_run.refund_asked(order, "quality_issue", "a thread is loose", kind="return")
    deliver_by = datetime.fromisoformat((await case_run.reached(refund_id, "awaiting_return"))["return"]["deliver_by"])

    await case_run.time_passes(_A_MONTH)
    refund = await case_run.reached(refund_id, "expired")

    messages = await case_run.inbox()
    told = {each["topic"]: datetime.fromisoformat(each["at"]) for each in messages}
    case_run.expect("told in this order: " + ", ".join(_MESSAGES), [each["topic"] for each in messages], _MESSAGES)
    reminded = told.get("return_reminder", deliver_by) - (deliver_by - timedelta(days=2))
    case_run.expect("reminded two days before its deadline", timedelta() <= reminded < _A_MOMENT, True)
    expired = _when(refund, "expired") - deliver_by
    case_run.expect("expired with its deadline, not with the month", timedelta() <= expired < _A_MOMENT, True)
    case_run.expect("nothing was paid", refund["payouts"], [])
    case_run.expect("the scarf is the customer's", left(await case_run.order(order)), [("scarf", 1, 88_00)])
    case_run.expect("a month later its window is over", await _answer(case_run, order), "outside_return_window")
    await case_run.expect_told(APPROVED)


def _when(refund: Json, event: str) -> datetime:
    return next(datetime.fromisoformat(each["at"]) for each in refund["timeline"] if each["event"] == event)


async def _answer(case_run: CaseRun, order_id: str) -> str:
    """Ask once more; return what it was refused with."""
    try:
        await case_run.refund_asked(order_id, "quality_issue", "now it is torn", kind="return")
    except Refused as refused:
        case_run.refusals.append(str(refused))
        return refused.code
    return "accepted"


LATER = (
    Case(
        title="A parcel that never comes",
        person=Person("mengjiang", CaseWords("孟姜", "Meng Jiang")),
        plot="Approved by rule, and never sent. The shop's own clock is put forward by thirty days: a reminder, "
        "the deadline, and the refund expires, each at its moment.",
        play=parcel_never_comes,
    ),
)
