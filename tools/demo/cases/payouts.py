"""A payment provider on bad days: it declines, it pays and falls silent, it takes its time."""

from tools.client import Json
from tools.demo.cases.case import APPROVED, Case, CaseWords, Person
from tools.demo.cases.case_run import CaseRun
from tools.demo.cases.figures import answers, left, paid, store_credit
from tools.demo.cases.sample_orders import Goods, Off, SampleSale


async def declined_becomes_store_credit(case_run: CaseRun) -> None:
    await case_run.customer_registers()
    order = await case_run.sold(SampleSale((Goods("lamp", "Desk lamp", 168_00),)))
    await case_run.provider_told(order, "decline")

    refund_id = await case_run.refund_asked(order, "quality_issue", "it flickers")
    refund = await case_run.reached(refund_id)

    no_and_yes = [("card", "failed", "card_closed"), ("store_credit", "succeeded", None)]
    case_run.expect("the card declined, store credit stepped in", _said(refund), no_and_yes)
    case_run.expect("nothing was paid to the card", paid(refund, "card"), 0)
    case_run.expect("¥168.00 of store credit instead", store_credit(await case_run.customer()), 168_00)
    await case_run.expect_told(APPROVED)


async def silent_provider_pays_once(case_run: CaseRun) -> None:
    await case_run.customer_registers()
    order = await case_run.sold(SampleSale((Goods("teapot", "Teapot", 150_00),), method="alipay"))
    await case_run.provider_told(order, "timeout_after_paying")

    refund_id = await case_run.refund_asked(order, "quality_issue", "the spout is chipped")
    refund = await case_run.reached(refund_id)

    case_run.expect("asked again, it has paid once", _said(refund), [("alipay", "succeeded", None)])
    case_run.expect("Alipay was paid ¥150.00", paid(refund, "alipay"), 150_00)
    case_run.expect("nothing is left to refund", left(await case_run.order(order)), [])
    await case_run.expect_told(APPROVED)


async def pending_is_not_paid(case_run: CaseRun) -> None:
    await case_run.customer_registers()
    coupon = await case_run.coupon_given(40_00)
    fan = Goods("fan", "Electric fan", 228_00)
    order = await case_run.sold(SampleSale((fan,), off=(Off(40_00, coupon_id=coupon),), method="bank_transfer"))
    await case_run.provider_told(order, "pending")

    refund_id = await case_run.refund_asked(order, "quality_issue", "it does not turn")
    waiting = await case_run.seen(refund_id, "pending at the bank", lambda refund: bool(answers(refund, "pending")))
    case_run.expect("while it is pending, nothing counts as paid", paid(waiting, "bank_transfer"), 0)
    case_run.expect("and the coupon is not back yet", (await case_run.coupon(coupon))["status"], "used")

    await case_run.provider_told(order, "succeed")
    refund = await case_run.reached(refund_id)
    case_run.expect("then the bank transfer of ¥188.00 came", paid(refund, "bank_transfer"), 188_00)
    case_run.expect("and the coupon is unused again", (await case_run.coupon(coupon))["status"], "unused")
    await case_run.expect_told(APPROVED)


def _said(refund: Json) -> list[tuple[str, str, str | None]]:
    return [(each["method"], each["status"], each["decline_code"]) for each in refund["payouts"]]


PAYOUTS = (
    Case(
        title="A declined payout",
        person=Person("chuming", CaseWords("褚明", "Chu Ming")),
        plot="The card was closed since. The refund goes forward: the money becomes store credit.",
        play=declined_becomes_store_credit,
    ),
    Case(
        title="A provider that pays and never answers",
        person=Person("weilan", CaseWords("卫兰", "Wei Lan")),
        plot="Nobody knows whether a timeout was a yes. It is asked again under the same key, and pays once.",
        play=silent_provider_pays_once,
    ),
    Case(
        title="A payout that is pending for a while",
        person=Person("jiangxin", CaseWords("蒋欣", "Jiang Xin")),
        plot="The bank takes its time. Only a success is paid, and only then the coupon comes back.",
        play=pending_is_not_paid,
    ),
)
