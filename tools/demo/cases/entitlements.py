"""What an order spent beside money comes back: a coupon, points, a coupon over several parts."""

from datetime import datetime

from tools.demo.cases.case import APPROVED, Case, CaseWords, Person
from tools.demo.cases.case_run import CaseRun
from tools.demo.cases.figures import left, paid, points
from tools.demo.cases.sample_orders import BEFORE_THE_CAMPAIGN, Goods, Off, SampleSale

COUPON_BACK = CaseWords("您的优惠券“{coupon}”已恢复，可再次使用。", "Your coupon {coupon} can be used again.")
POINTS_BACK = CaseWords("已退还 500 积分至您的账户。", "500 points have been restored to your account.")


async def coupon_comes_back(case_run: CaseRun) -> None:
    await case_run.customer_registers()
    coupon = await case_run.coupon_given(100_00, ended_days_ago=BEFORE_THE_CAMPAIGN - 4)
    kettle = Goods("kettle", "Kettle", 299_00)
    order = await case_run.sold(SampleSale((kettle,), off=(Off(100_00, coupon_id=coupon),)))
    case_run.expect("the order has used the coupon", (await case_run.coupon(coupon))["status"], "used")

    refund_id = await case_run.refund_asked(order, "quality_issue", "the lid leaks")
    refund = await case_run.reached(refund_id)

    case_run.expect("the card was paid ¥199.00", paid(refund, "card"), 199_00)
    again = await case_run.coupon(coupon)
    case_run.expect("the coupon is unused again", again["status"], "unused")
    case_run.expect(
        "with the 4 days it had left when it was used", _days(refund["completed_at"], again["valid_until"]), 4
    )
    case_run.expect("nothing is left to refund", left(await case_run.order(order)), [])
    await case_run.expect_told(APPROVED, COUPON_BACK.about(coupon=case_run.coupon_name(100_00)))


async def points_come_back(case_run: CaseRun) -> None:
    await case_run.customer_registers(points=500)
    backpack = Goods("backpack", "Backpack", 239_00)
    sale = SampleSale((backpack,), off=(Off(50_00, points=500),), method="wechat_pay", points_earned=100)
    order = await case_run.sold(sale)
    case_run.expect("after buying, the balance is 100", points(await case_run.customer()), 100)

    refund_id = await case_run.refund_asked(order, "quality_issue", "the zip is broken")
    refund = await case_run.reached(refund_id)

    case_run.expect("WeChat Pay was paid ¥189.00", paid(refund, "wechat_pay"), 189_00)
    case_run.expect("500 points came back", refund["effects"]["points_restored"], 500)
    case_run.expect("the 100 earned were taken back", refund["effects"]["points_clawed_back"], 100)
    case_run.expect("the balance is 500 again", points(await case_run.customer()), 500)
    case_run.expect(
        "the shop's loyalty system moved 400", case_run.shop.loyalty.points_moved(case_run.customer_id), 400
    )
    await case_run.expect_told(APPROVED, POINTS_BACK)


async def parts_carry_their_share(case_run: CaseRun) -> None:
    await case_run.customer_registers()
    coupon = await case_run.coupon_given(60_00)
    goods = (Goods("rice_cooker", "Rice cooker", 160_00), Goods("mug", "Mug", 80_00))
    order = await case_run.sold(SampleSale(goods, off=(Off(60_00, coupon_id=coupon),), method="alipay"))

    mug = await case_run.refund_asked(order, "delivery_error", "the mug arrived broken", lines={"mug": 1})
    first = await case_run.reached(mug)
    case_run.expect("the mug pays ¥60.00, less its ¥20.00 of the coupon", paid(first, "alipay"), 60_00)
    case_run.expect("the coupon stays used", (await case_run.coupon(coupon))["status"], "used")
    case_run.expect("¥120.00 is left to refund", left(await case_run.order(order)), [("rice_cooker", 1, 120_00)])

    cooker = await case_run.refund_asked(order, "quality_issue", "the cooker does not heat")
    second = await case_run.reached(cooker)
    case_run.expect("the cooker pays ¥120.00", paid(second, "alipay"), 120_00)
    case_run.expect("all is returned: the coupon is unused again", (await case_run.coupon(coupon))["status"], "unused")


def _days(since: str, until: str) -> int:
    span = datetime.fromisoformat(until) - datetime.fromisoformat(since)
    return round(span.total_seconds() / 86_400)


ENTITLEMENTS = (
    Case(
        title="A ¥100 coupon comes back",
        person=Person("lilei", CaseWords("李雷", "Li Lei")),
        plot="Buys a kettle with a ¥100 coupon that has 4 days left. It leaks; by now the coupon has ended.",
        play=coupon_comes_back,
    ),
    Case(
        title="500 points come back",
        person=Person("hanmeimei", CaseWords("韩梅梅", "Han Meimei")),
        plot="Spends 500 points, kept in another system, on a backpack that earns 100. All of it goes back.",
        play=points_come_back,
    ),
    Case(
        title="A partial return with a coupon share",
        person=Person("chenjing", CaseWords("陈静", "Chen Jing")),
        plot="Buys a rice cooker and a mug with a ¥60 coupon, returns the mug first and the cooker later.",
        play=parts_carry_their_share,
    ),
)
