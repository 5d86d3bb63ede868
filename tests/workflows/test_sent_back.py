"""What people had paid by hand is sent back by the customer's bank, days after they said so (rule 35)."""

from typing import Any

import pytest
from sqlalchemy import delete

from activities.attention import AsksSomethingElse, Attention, AttentionGiven
from activities.reopening import Load, Opening, Reopenings
from db import words
from db.api_keys import Role
from db.ledger import Account, balances
from db.schema import messages
from domain import clock
from domain.explain.messages import Topic
from domain.lifecycle import RefundStatus
from domain.said import Word, WordKind, word_id
from service.steps import RefundRef
from tests.rulebook.test_where_the_money_goes import paid
from tests.shop import IN_TIME_S, Shop, a_line, a_payment
from tests.workflows.bank_desk import BankDesk, at, bank_desk, events
from tests.workflows.test_payouts import coupon
from tools.client import Json, Refused
from workflows.contract import Resolution

SENT_BACK: Json = {"step": "pay_out", "action": "failed"}


async def transferred(desk: BankDesk, **fields: object) -> Json:
    """A refund that is complete, as operations have transferred its money."""
    waiting = await desk.to_be_transferred(**fields)
    await desk.resolve(waiting, "settle", reference="TRX-1")
    return await desk.shop.until(waiting, "completed")


async def asked_anew(shop: Shop, refund: Json) -> Json:
    return await shop.ops.wait_until(
        refund["refund_id"],
        lambda now: "payout_reversed" in ((now["needs_attention"] or {}).get("reason") or ""),
        within_s=IN_TIME_S,
    )


# A success that turns into a failure goes forward (rule 35)


async def test_what_the_bank_sends_back_is_unbooked_and_operations_are_asked_how_it_is_to_be_paid(shop: Shop) -> None:
    desk = await bank_desk(shop)
    await shop.order()
    done = await transferred(desk)

    now = await desk.resolve(done, "failed", note="account closed, sent back on the 3rd")
    waiting = await asked_anew(shop, done)

    assert now["status"] in ("paying_out", "needs_attention")
    assert waiting["needs_attention"]["actions"] == ["retry", "settle"]
    assert paid(waiting) == [("bank_transfer", 1_200_00, "failed")]
    trail = (await shop.ops.get("/v1/audit?order_id=o1"))["items"]
    (entry,) = [each for each in trail if each["action"] == "payout_failed"]
    assert entry["actor"] == "ops"
    assert (entry["detail"]["payment_id"], entry["detail"]["reference"]) == ("p1", "TRX-1")
    assert any("account closed" in each["message"] for each in waiting["timeline"])
    assert "picked_up" not in events(waiting)
    await shop.until_told("could not credit your refund")


async def test_a_run_that_takes_over_knows_whether_the_customer_was_told_of_it(shop: Shop) -> None:
    """The run before may have been ended before its message got through."""
    desk = await bank_desk(shop)
    await shop.order()
    done = await transferred(desk)
    await desk.resolve(done, "failed")
    waiting = await asked_anew(shop, done)
    await shop.until_told("could not credit your refund")
    ref = RefundRef(waiting["refund_id"], shop.merchant_id)

    told = await Reopenings(shop.engine).load(Load(ref, Opening.RESUMED, "one-run", clock.now()))
    async with shop.engine.begin() as connection:
        of_failure = (messages.c.refund_id == ref.refund_id) & (messages.c.topic == Topic.PAYOUT_FAILED)
        await connection.execute(delete(messages).where(of_failure))
    untold = await Reopenings(shop.engine).load(Load(ref, Opening.RESUMED, "another-run", clock.now()))

    assert (told.refund.round, told.owes_word_of_failure, untold.owes_word_of_failure) == (2, False, True)


async def test_what_a_lost_task_had_booked_as_paid_does_not_fail_without_being_taken_back(shop: Shop) -> None:
    """The run that asks people still does not know that they have paid."""
    desk = await bank_desk(shop)
    await shop.order()
    done = await transferred(desk)
    run = (await shop.workflow(done).describe()).run_id
    ref = RefundRef(done["refund_id"], shop.merchant_id)
    word = Word(word_id(WordKind.RESOLVE, "late"), WordKind.RESOLVE, "sha", run, 9)
    failed = AttentionGiven(
        *(ref, "pay_out", Resolution.FAILED, "", "ops", RefundStatus.PAYING_OUT, f"{run}.98", f"{run}.99"),
        word=word,
        failed="p1",
    )

    with pytest.raises(AsksSomethingElse, match="is paid"):
        await Attention(shop.engine).note_resolution(failed)

    assert paid(await shop.merchant.get(f"/v1/refunds/{ref.refund_id}")) == [("bank_transfer", 1_200_00, "succeeded")]


async def test_it_is_paid_another_way_in_a_round_of_its_own_and_told_once_more(shop: Shop) -> None:
    desk = await bank_desk(shop)
    await shop.order()
    done = await transferred(desk)
    await desk.resolve(done, "failed")
    waiting = await asked_anew(shop, done)

    await desk.resolve(waiting, "retry", note="the customer named another account on the phone")
    again = await shop.ops.wait_until(
        done["refund_id"],
        lambda now: (now["needs_attention"] or {}).get("actions") == ["settle", "failed"],
        within_s=IN_TIME_S,
    )
    with pytest.raises(Refused, match="409 conflicting_state: the account was erased when the refund ended"):
        await shop.ops.get(at(done, "bank-account"))
    await desk.resolve(again, "settle", reference="TRX-2")
    over = await shop.until(again, "completed")

    assert paid(over) == [("bank_transfer", 1_200_00, "failed"), ("bank_transfer", 1_200_00, "succeeded")]
    assert over["payouts"][-1]["gateway_ref"] == "TRX-2"
    assert events(over).count("completed") == 2
    async with shop.engine.connect() as connection:
        assert await balances(connection, shop.merchant_id, Account.SALE, "o1") == {}
    told = await shop.inbox()
    assert sum("has been paid back to your bank account ending in 3000" in each for each in told) == 2
    assert sum("could not credit" in each for each in told) == 1


async def test_it_may_be_sent_back_again_and_again_and_each_time_once(shop: Shop) -> None:
    desk = await bank_desk(shop)
    await shop.order()
    over = await transferred(desk)

    for time in range(2):
        for _ in range(2):  # the caller has not heard the answer
            await shop.ops.post(at(over, "resolution"), SENT_BACK, key=f"sent-back-{time}")
        waiting = await asked_anew(shop, over)
        await desk.resolve(waiting, "settle", reference=f"TRX-{time + 2}")
        over = await shop.until(waiting, "completed")
    await shop.ops.post(at(over, "resolution"), SENT_BACK, key="sent-back-1")

    assert (await shop.ops.get(f"/v1/refunds/{over['refund_id']}"))["status"] == "completed"
    assert events(over).count("payout_failed") == 2
    async with shop.engine.connect() as connection:
        assert await balances(connection, shop.merchant_id, Account.SALE, "o1") == {}
        known = await words.known(connection, over["refund_id"])
    assert [each.word_id for each in known if "sent-back" in each.word_id] == [
        "resolve-sent-back-0",
        "resolve-sent-back-1",
    ]


async def test_what_followed_the_money_is_withdrawn_until_it_is_paid_again(shop: Shop) -> None:
    desk = await bank_desk(shop)
    await coupon(shop)
    discount = {"source": "coupon", "id": "cpn-100", "amount": 100_00}
    await shop.order(discounts=[discount])
    done = await transferred(desk)
    before = await shop.merchant.get("/v1/coupons/cpn-100")

    await desk.resolve(done, "failed")
    waiting = await asked_anew(shop, done)
    meanwhile = await shop.merchant.get("/v1/coupons/cpn-100")
    await desk.resolve(waiting, "settle")
    await shop.until(waiting, "completed")

    assert (before["status"], meanwhile["status"]) == ("unused", "used")
    assert (await shop.merchant.get("/v1/coupons/cpn-100"))["status"] == "unused"


async def test_of_several_shares_the_one_is_named_and_the_others_stay_paid(shop: Shop) -> None:
    desk = await bank_desk(shop)
    payments = [a_payment("p1", 100_00, "ch-a"), a_payment("p2", 50_00, "ch-b")]
    await shop.order(lines=[a_line("l1", unit_price=150_00)], payments=payments)
    waiting = await desk.to_be_transferred()
    first = waiting["needs_attention"]["payment_id"]
    other = {"p1": "p2", "p2": "p1"}[first]
    with pytest.raises(Refused, match=f"409 conflicting_state: the share that needs attention is of '{first}', not"):
        await desk.resolve(waiting, "settle", payment_id=other)
    await desk.resolve(waiting, "settle", payment_id=first)
    await shop.ops.wait_until(
        waiting["refund_id"],
        lambda now: (now["needs_attention"] or {}).get("payment_id") == other,
        within_s=IN_TIME_S,
    )
    await desk.resolve(waiting, "settle", payment_id=other)
    done = await shop.until(waiting, "completed")

    with pytest.raises(Refused, match="409 conflicting_state: payment_id says which share"):
        await desk.resolve(done, "failed")
    with pytest.raises(Refused, match="409 conflicting_state: payment_id says which share"):
        await desk.resolve(done, "failed", payment_id="p3")
    await desk.resolve(done, "failed", payment_id="p2")
    again = await asked_anew(shop, done)
    await desk.resolve(again, "settle")
    over = await shop.until(again, "completed")

    assert sorted(paid(again)) == [("bank_transfer", 50_00, "failed"), ("bank_transfer", 100_00, "succeeded")]
    assert [each["status"] for each in over["payouts"] if each["payment_id"] == "p1"] == ["succeeded"]


async def test_a_declined_card_that_people_paid_by_hand_is_sent_back_like_any_transfer(shop: Shop) -> None:
    await shop.policy(auto_approve={"max_amount": 10**12}, declined_tender="hold")
    await shop.order()
    await shop.behave("ch-o1", "decline")
    refund = await shop.until(await shop.refund(), "needs_attention")
    await _say(shop, refund, "settle", note="bank transfer 4711")
    done = await shop.until(refund, "completed")

    await _say(shop, done, "failed")
    waiting = await asked_anew(shop, done)
    await shop.behave("ch-o1", "succeed")
    await _say(shop, waiting, "retry", note="the card works again")
    over = await shop.until(waiting, "completed")

    assert paid(over)[-1] == ("card", 1_200_00, "succeeded")


async def test_what_a_provider_paid_nobody_says_is_sent_back_and_other_answers_come_too_late(shop: Shop) -> None:
    await shop.order()
    done = await shop.approved_refund()

    with pytest.raises(Refused, match=r"409 conflicting_state: refund .* is completed, and nobody paid it by hand"):
        await _say(shop, done, "failed")
    with pytest.raises(Refused, match=r"409 conflicting_state: refund .* is completed"):
        await _say(shop, done, "settle")
    answer = await shop.raw(Role.REVIEWER, "POST", at(done, "resolution"), json=SENT_BACK)
    assert answer.status_code == 403


async def _say(shop: Shop, refund: Json, action: str, **fields: Any) -> Json:
    return await shop.ops.post(at(refund, "resolution"), {"step": "pay_out", "action": action, **fields})
