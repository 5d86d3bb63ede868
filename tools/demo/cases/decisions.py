"""What people decide: a reviewer by HTTP, a manager from Temporal, a no, and a warehouse that refuses one of three."""

from tools.demo.cases.figures import left, paid, review
from tools.demo.cases.plot import APPROVED, Case, Person, Words
from tools.demo.cases.scene import Scene
from tools.demo.cases.wares import Goods, Off, Sale

PARCEL_RECEIVED = Words("您的退货商品已收到", "Your returned goods have been received.")
MANAGER = Words("王经理", "Manager Wang")
REJECTED = Words(
    "您的订单 {order} 的退款申请未通过：商品已使用，不符合退款条件。",
    "Your refund request for order {order} was rejected. The goods have been used.",
)


async def reviewer_approves(scene: Scene) -> None:
    await scene.customer_registers()
    order = await scene.sold(Sale((Goods("headphones", "Headphones", 899_00),), method="wechat_pay"))

    refund_id = await scene.refund_asked(order, "quality_issue", "no sound on the left")
    await scene.reviewed(refund_id, "approve", "known fault of this batch")
    refund = await scene.reached(refund_id)

    scene.expect("approved by the reviewer", review(refund), ("approve", "reviewer"))
    scene.expect("WeChat Pay was paid ¥899.00", paid(refund, "wechat_pay"), 899_00)
    await scene.expect_told(APPROVED)


async def manager_signals(scene: Scene) -> None:
    await scene.customer_registers()
    order = await scene.sold(Sale((Goods("keyboard", "Keyboard", 459_00),), method="alipay"))

    refund_id = await scene.refund_asked(order, "delivery_error", "a German keyboard came")
    manager = scene.said(MANAGER)
    await scene.decided_in_temporal(refund_id, "approve", manager, "wrong parcel, our mistake")
    refund = await scene.reached(refund_id)

    scene.expect(f"approved by {manager}", review(refund), ("approve", manager))
    scene.expect("Alipay was paid ¥459.00", paid(refund, "alipay"), 459_00)
    await scene.expect_told(APPROVED)


async def reviewer_rejects(scene: Scene) -> None:
    await scene.customer_registers()
    order = await scene.sold(Sale((Goods("perfume", "Perfume", 320_00),)))

    refund_id = await scene.refund_asked(order, "changed_mind", "not my scent", kind="return")
    await scene.reviewed(refund_id, "reject", "the perfume was opened", reason_code="goods_used")
    refund = await scene.reached(refund_id, "rejected")

    scene.expect("rejected by the reviewer", review(refund), ("reject", "reviewer"))
    scene.expect("nothing was paid", refund["payouts"], [])
    scene.expect("all of it could be asked for again", left(await scene.order(order)), [("perfume", 1, 320_00)])
    await scene.expect_told(REJECTED.about(order=order))
    await scene.expect_not_told(APPROVED)


async def two_of_three_accepted(scene: Scene) -> None:
    await scene.customer_registers()
    coupon = await scene.coupon_given(10_00)
    shirts = Goods("shirt", "Shirt", 100_00, quantity=3)
    order = await scene.sold(Sale((shirts,), off=(Off(10_00, coupon_id=coupon),)))

    refund_id = await scene.refund_asked(order, "changed_mind", "too small", kind="return")
    await scene.reviewed(refund_id, "approve", "within 30 days")
    label = (await scene.reached(refund_id, "awaiting_return"))["return"]
    scene.expect("an RMA and its label were made", label["label_url"], f"/v1/refunds/{refund_id}/label")
    await scene.shipped(refund_id, "SF Express", "SF1001")
    await scene.received(refund_id, "shirt", 3)
    await scene.inspected(refund_id, "shirt", accepted=2, rejected=1, note="one was worn")
    refund = await scene.reached(refund_id)

    scene.expect("parcel SF1001 was followed", refund["return"]["tracking_number"], "SF1001")
    scene.expect("2 of 3 count", [line["quantity"] for line in refund["lines"]], [2])
    scene.expect("the card was paid 96.67 + 96.67 = ¥193.34", paid(refund, "card"), 193_34)
    scene.expect("the coupon stays used", (await scene.coupon(coupon))["status"], "used")
    scene.expect("the third could still pay ¥96.66", left(await scene.order(order)), [("shirt", 1, 96_66)])
    await scene.expect_told(APPROVED, PARCEL_RECEIVED)


DECISIONS = (
    Case(
        title="A reviewer's approval",
        person=Person("zhoujie", Words("周杰", "Zhou Jie")),
        plot="Headphones for ¥899 are above what is approved by rule: a reviewer says yes.",
        sentence=APPROVED,
        play=reviewer_approves,
    ),
    Case(
        title="An approval from the Temporal UI",
        person=Person("wumin", Words("吴敏", "Wu Min")),
        plot="The manager approves with the signal `decide`, as one does from the Temporal UI or CLI.",
        play=manager_signals,
    ),
    Case(
        title="A rejected request",
        person=Person("zhengtao", Words("郑涛", "Zheng Tao")),
        plot="Wants to return an opened perfume: the reviewer says no, and everything stays as it was.",
        play=reviewer_rejects,
    ),
    Case(
        title="A return of three, of which two are accepted",
        person=Person("liuyang", Words("刘洋", "Liu Yang")),
        plot="Three shirts for ¥290 go back by parcel. One was worn: the warehouse accepts two.",
        sentence=PARCEL_RECEIVED,
        play=two_of_three_accepted,
    ),
)
