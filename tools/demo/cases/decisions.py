"""What people decide: a reviewer by HTTP, a manager from Temporal, a no, and a warehouse that refuses one of three."""

from tools.demo.cases.case import APPROVED, Case, CaseWords, Person
from tools.demo.cases.case_run import CaseRun
from tools.demo.cases.figures import left, paid, review
from tools.demo.cases.sample_orders import Goods, Off, SampleSale

PARCEL_RECEIVED = CaseWords("您的退货商品已收到", "Your returned goods have been received.")
MANAGER = CaseWords("王经理", "Manager Wang")
REJECTED = CaseWords(
    "您的订单 {order} 的退款申请未通过：商品已使用，不符合退款条件。",
    "Your refund request for order {order} was rejected. The goods have been used.",
)


async def reviewer_approves(case_run: CaseRun) -> None:
    await case_run.customer_registers()
    order = await case_run.sold(SampleSale((Goods("headphones", "Headphones", 899_00),), method="wechat_pay"))

    refund_id = await case_run.refund_asked(order, "quality_issue", "no sound on the left")
    await case_run.reviewed(refund_id, "approve", "known fault of this batch")
    refund = await case_run.reached(refund_id)

    case_run.expect("approved by the reviewer", review(refund), ("approve", "reviewer"))
    case_run.expect("WeChat Pay was paid ¥899.00", paid(refund, "wechat_pay"), 899_00)
    await case_run.expect_told(APPROVED)


async def manager_signals(case_run: CaseRun) -> None:
    await case_run.customer_registers()
    order = await case_run.sold(SampleSale((Goods("keyboard", "Keyboard", 459_00),), method="alipay"))

    refund_id = await case_run.refund_asked(order, "delivery_error", "a German keyboard came")
    manager = case_run.said(MANAGER)
    await case_run.decided_in_temporal(refund_id, "approve", manager, "wrong parcel, our mistake")
    refund = await case_run.reached(refund_id)

    case_run.expect(f"approved by {manager}", review(refund), ("approve", f"temporal:{manager}"))
    case_run.expect("Alipay was paid ¥459.00", paid(refund, "alipay"), 459_00)
    await case_run.expect_told(APPROVED)


async def reviewer_rejects(case_run: CaseRun) -> None:
    await case_run.customer_registers()
    order = await case_run.sold(SampleSale((Goods("perfume", "Perfume", 320_00),)))

    refund_id = await case_run.refund_asked(order, "changed_mind", "not my scent", kind="return")
    await case_run.reviewed(refund_id, "reject", "the perfume was opened", reason_code="goods_used")
    refund = await case_run.reached(refund_id, "rejected")

    case_run.expect("rejected by the reviewer", review(refund), ("reject", "reviewer"))
    case_run.expect("nothing was paid", refund["payouts"], [])
    case_run.expect("all of it could be asked for again", left(await case_run.order(order)), [("perfume", 1, 320_00)])
    await case_run.expect_told(REJECTED.about(order=order))
    await case_run.expect_not_told(APPROVED)


async def two_of_three_accepted(case_run: CaseRun) -> None:
    await case_run.customer_registers()
    coupon = await case_run.coupon_given(10_00)
    shirts = Goods("shirt", "Shirt", 100_00, quantity=3)
    order = await case_run.sold(SampleSale((shirts,), off=(Off(10_00, coupon_id=coupon),)))

    refund_id = await case_run.refund_asked(order, "changed_mind", "too small", kind="return")
    await case_run.reviewed(refund_id, "approve", "within 30 days")
    label = (await case_run.reached(refund_id, "awaiting_return"))["return"]
    case_run.expect("an RMA and its label were made", label["label_url"], label["labels"][0]["label_url"])
    await case_run.shipped(refund_id, "SF Express", "SF1001")
    await case_run.received(refund_id, "shirt", 3)
    await case_run.inspected(refund_id, "shirt", accepted=2, rejected=1, note="one was worn")
    refund = await case_run.reached(refund_id)

    case_run.expect("parcel SF1001 was followed", refund["return"]["tracking_number"], "SF1001")
    case_run.expect("2 of 3 count", [line["quantity"] for line in refund["lines"]], [2])
    case_run.expect("the card was paid 96.67 + 96.67 = ¥193.34", paid(refund, "card"), 193_34)
    case_run.expect("the coupon stays used", (await case_run.coupon(coupon))["status"], "used")
    case_run.expect("the third could still pay ¥96.66", left(await case_run.order(order)), [("shirt", 1, 96_66)])
    await case_run.expect_told(APPROVED, PARCEL_RECEIVED)


DECISIONS = (
    Case(
        title="A reviewer's approval",
        person=Person("zhoujie", CaseWords("周杰", "Zhou Jie")),
        plot="Headphones for ¥899 are above what is approved by rule: a reviewer says yes.",
        sentence=APPROVED,
        play=reviewer_approves,
    ),
    Case(
        title="An approval from the Temporal UI",
        person=Person("wumin", CaseWords("吴敏", "Wu Min")),
        plot="The manager approves with the signal `decide`, as one does from the Temporal UI or CLI.",
        play=manager_signals,
    ),
    Case(
        title="A rejected request",
        person=Person("zhengtao", CaseWords("郑涛", "Zheng Tao")),
        plot="Wants to return an opened perfume: the reviewer says no, and everything stays as it was.",
        play=reviewer_rejects,
    ),
    Case(
        title="A return of three, of which two are accepted",
        person=Person("liuyang", CaseWords("刘洋", "Liu Yang")),
        plot="Three shirts for ¥290 go back by parcel. One was worn: the warehouse accepts two.",
        sentence=PARCEL_RECEIVED,
        play=two_of_three_accepted,
    ),
)
