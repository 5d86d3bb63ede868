"""A payment provider on bad days: it declines, it pays and falls silent, it takes its time."""

from tools.client import Json
from tools.demo.cases.figures import answers, left, paid, store_credit
from tools.demo.cases.plot import APPROVED, Case, Person, Words
from tools.demo.cases.scene import Scene
from tools.demo.cases.wares import Goods, Off, Sale


async def declined_becomes_store_credit(scene: Scene) -> None:
    await scene.customer_registers()
    order = await scene.sold(Sale((Goods("lamp", "Desk lamp", 168_00),)))
    await scene.provider_told(order, "decline")

    refund_id = await scene.refund_asked(order, "quality_issue", "it flickers")
    refund = await scene.reached(refund_id)

    no_and_yes = [("card", "failed", "card_closed"), ("store_credit", "succeeded", None)]
    scene.expect("the card declined, store credit stepped in", _said(refund), no_and_yes)
    scene.expect("nothing was paid to the card", paid(refund, "card"), 0)
    scene.expect("¥168.00 of store credit instead", store_credit(await scene.customer()), 168_00)
    await scene.expect_told(APPROVED)


async def silent_provider_pays_once(scene: Scene) -> None:
    await scene.customer_registers()
    order = await scene.sold(Sale((Goods("teapot", "Teapot", 150_00),), method="alipay"))
    await scene.provider_told(order, "timeout_after_paying")

    refund_id = await scene.refund_asked(order, "quality_issue", "the spout is chipped")
    refund = await scene.reached(refund_id)

    scene.expect("asked again, it has paid once", _said(refund), [("alipay", "succeeded", None)])
    scene.expect("Alipay was paid ¥150.00", paid(refund, "alipay"), 150_00)
    scene.expect("nothing is left to refund", left(await scene.order(order)), [])
    await scene.expect_told(APPROVED)


async def pending_is_not_paid(scene: Scene) -> None:
    await scene.customer_registers()
    coupon = await scene.coupon_given(40_00)
    fan = Goods("fan", "Electric fan", 228_00)
    order = await scene.sold(Sale((fan,), off=(Off(40_00, coupon_id=coupon),), method="bank_transfer"))
    await scene.provider_told(order, "pending")

    refund_id = await scene.refund_asked(order, "quality_issue", "it does not turn")
    waiting = await scene.seen(refund_id, "pending at the bank", lambda refund: bool(answers(refund, "pending")))
    scene.expect("while it is pending, nothing counts as paid", paid(waiting, "bank_transfer"), 0)
    scene.expect("and the coupon is not back yet", (await scene.coupon(coupon))["status"], "used")

    await scene.provider_told(order, "succeed")
    refund = await scene.reached(refund_id)
    scene.expect("then the bank transfer of ¥188.00 came", paid(refund, "bank_transfer"), 188_00)
    scene.expect("and the coupon is unused again", (await scene.coupon(coupon))["status"], "unused")
    await scene.expect_told(APPROVED)


def _said(refund: Json) -> list[tuple[str, str, str | None]]:
    return [(each["method"], each["status"], each["decline_code"]) for each in refund["payouts"]]


PAYOUTS = (
    Case(
        title="A declined payout",
        person=Person("chuming", Words("褚明", "Chu Ming")),
        plot="The card was closed since. The refund goes forward: the money becomes store credit.",
        play=declined_becomes_store_credit,
    ),
    Case(
        title="A provider that pays and never answers",
        person=Person("weilan", Words("卫兰", "Wei Lan")),
        plot="Nobody knows whether a timeout was a yes. It is asked again under the same key, and pays once.",
        play=silent_provider_pays_once,
    ),
    Case(
        title="A payout that is pending for a while",
        person=Person("jiangxin", Words("蒋欣", "Jiang Xin")),
        plot="The bank takes its time. Only a success is paid, and only then the coupon comes back.",
        play=pending_is_not_paid,
    ),
)
