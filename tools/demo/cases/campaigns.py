"""Spend ¥1000, get ¥200 (满1000元返200元): what a refund does to a campaign that the order counted towards."""

from tools.client import Refused
from tools.demo.cases.case import APPROVED, Case, CaseWords, Person
from tools.demo.cases.case_run import CaseRun
from tools.demo.cases.figures import left, paid, standing, store_credit
from tools.demo.cases.sample_orders import IN_THE_CAMPAIGN, Goods, SampleSale

KEPT = CaseWords(
    "您的‘满1000元返200元’活动资格已恢复，请继续享受优惠。",
    "Your ‘Spend ¥1000, get ¥200’ eligibility has been restored, please continue to enjoy the offer.",
)
LOST = CaseWords(
    "退款后，您已不满足‘满1000元返200元’活动的条件。",
    "After your refund, the conditions of ‘Spend ¥1000, get ¥200’ are no longer met.",
)

COAT = Goods("coat", "Coat", 1000_00)
SCARF = Goods("scarf", "Scarf", 200_00)
COAT_AND_SCARF = SampleSale((COAT, SCARF), days_ago=IN_THE_CAMPAIGN)


async def refunding_1000_loses_it(case_run: CaseRun) -> None:
    await case_run.customer_registers()
    order = await case_run.sold(COAT_AND_SCARF)
    case_run.expect("the order earned ¥200.00 of store credit", store_credit(await case_run.customer()), 200_00)

    refund_id = await case_run.refund_asked(order, "merchant_breach", "the coat never came", lines={"coat": 1})
    await case_run.reviewed(refund_id, "approve", "the parcel is lost")
    refund = await case_run.reached(refund_id)

    case_run.expect("the card was paid ¥1,000.00", paid(refund, "card"), 1000_00)
    taken_back = [each["reward_clawed_back"] for each in refund["effects"]["campaigns"]]
    case_run.expect("the ¥200.00 reward was taken back", taken_back, [200_00])
    after = await case_run.customer()
    case_run.expect("no store credit is left", store_credit(after), 0)
    case_run.expect("¥200.00 still count for the campaign", standing(after), (200_00, False))
    await case_run.expect_told(APPROVED, LOST)
    await case_run.expect_not_told(KEPT)


async def refunding_200_keeps_it(case_run: CaseRun) -> None:
    await case_run.customer_registers()
    order = await case_run.sold(COAT_AND_SCARF)

    refund_id = await case_run.refund_asked(order, "quality_issue", "the scarf has a hole", lines={"scarf": 1})
    refund = await case_run.reached(refund_id)

    case_run.expect("the card was paid ¥200.00", paid(refund, "card"), 200_00)
    after = await case_run.customer()
    case_run.expect("¥1,000.00 still count, which is enough", standing(after), (1000_00, True))
    case_run.expect("the ¥200.00 reward stays", store_credit(after), 200_00)
    await case_run.expect_told(APPROVED, KEPT)
    await case_run.expect_not_told(LOST)


async def spent_reward_is_deducted(case_run: CaseRun) -> None:
    await case_run.customer_registers()
    order = await case_run.sold(COAT_AND_SCARF)
    book = Goods("book", "Picture book", 200_00)
    await case_run.sold(SampleSale((book,), method="store_credit", days_ago=IN_THE_CAMPAIGN - 1), "book")
    case_run.expect("the reward is spent on the book", store_credit(await case_run.customer()), 0)

    refund_id = await case_run.refund_asked(order, "quality_issue", "the coat has lost its colour", lines={"coat": 1})
    await case_run.reviewed(refund_id, "approve", "photos are clear")
    refund = await case_run.reached(refund_id)

    deducted = [(each["kind"], each["amount"], each["owed"]) for each in refund["deductions"]]
    case_run.expect("¥200.00 are deducted for the spent reward", deducted, [("campaign_reward", 200_00, 0)])
    case_run.expect("the card was paid ¥800.00", paid(refund, "card"), 800_00)
    after = await case_run.customer()
    case_run.expect("store credit is not below zero", store_credit(after), 0)
    case_run.expect("¥400.00 still count for the campaign", standing(after), (400_00, False))
    await case_run.expect_told(APPROVED, LOST)


async def unpaid_order_restores_nothing(case_run: CaseRun) -> None:
    await case_run.customer_registers()
    order = await case_run.sold(SampleSale((COAT, SCARF), method=None, days_ago=IN_THE_CAMPAIGN))

    code = ""
    try:
        await case_run.refund_asked(order, "changed_mind", "never mind")
    except Refused as refused:
        code = refused.code
        case_run.refusals.append(str(refused))

    case_run.expect("refused as order_not_refundable", code, "order_not_refundable")
    case_run.expect("nothing of it can be refunded", left(await case_run.order(order)), [])
    after = await case_run.customer()
    case_run.expect("it never counted for the campaign", standing(after), (0, False))
    case_run.expect("it gave no store credit", store_credit(after), 0)
    await case_run.expect_not_told(KEPT)


CAMPAIGNS = (
    Case(
        title="1200 spent, 1000 refunded: the reward is lost",
        person=Person("wangfang", CaseWords("王芳", "Wang Fang")),
        plot="A coat and a scarf for ¥1200 earned ¥200 back. The coat never came; without it ¥200 are spent.",
        play=refunding_1000_loses_it,
    ),
    Case(
        title="1200 spent, 200 refunded: the reward stays",
        person=Person("zhaoqiang", CaseWords("赵强", "Zhao Qiang")),
        plot="The same coat and scarf. The scarf has a hole; without it ¥1000 are spent, which is enough.",
        sentence=KEPT,
        play=refunding_200_keeps_it,
    ),
    Case(
        title="1000 refunded when the reward is spent already",
        person=Person("sunli", CaseWords("孙丽", "Sun Li")),
        plot="Has spent the ¥200 on a book when the coat goes back: they come off the payout instead.",
        play=spent_reward_is_deducted,
    ),
    Case(
        title="An order that is unpaid",
        person=Person("fengxue", CaseWords("冯雪", "Feng Xue")),
        plot="Puts coat and scarf in an order, never pays, and asks for a refund.",
        play=unpaid_order_restores_nothing,
    ),
)
