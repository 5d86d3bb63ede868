"""Money that people transfer to a customer's bank account: who is asked, what they answer, and what is left of it."""

import pytest
from sqlalchemy import text

from db import bank_accounts
from db.ledger import Account, balances
from tests.rulebook.test_where_the_money_goes import asked_of_the_provider, paid
from tests.shop import IN_TIME_S, Shop, a_line, a_payment, days_ago
from tests.workflows.bank_desk import ACCOUNT, APPROVE, IBAN, at, bank_desk, events
from tools.client import Refused
from tools.in_clear import history_of
from tools.stack.stack import Stack

# Where the money goes (rule 54)


async def test_operations_read_the_account_transfer_it_and_say_so_with_the_banks_reference(shop: Shop) -> None:
    desk = await bank_desk(shop)
    await shop.order()
    waiting = await desk.to_be_transferred()

    account = await shop.ops.get(at(waiting, "bank-account"))
    await desk.resolve(waiting, "settle", reference="TRX-4711", note="by the bank's portal")
    done = await shop.until(waiting, "completed")

    assert (waiting["needs_attention"]["amount"], waiting["needs_attention"]["actions"]) == (
        1_200_00,
        ["settle", "failed"],
    )
    assert at(waiting, "bank-account") in waiting["needs_attention"]["reason"]
    (share,) = account.pop("transfers")
    assert account == {**ACCOUNT, "account_number": None, "bank_code": None}
    assert (share["payment_id"], share["amount"], share["currency"]) == ("p1", 1_200_00, "CNY")
    assert paid(waiting) == [("bank_transfer", 1_200_00, "pending")]
    assert paid(done) == [("bank_transfer", 1_200_00, "succeeded")]
    assert (done["payouts"][0]["gateway_ref"], done["bank_account"]) == ("TRX-4711", {"ends_in": "3000"})
    assert await asked_of_the_provider(shop) == []
    assert (await shop.ops.get("/v1/operations/reconciliation"))["payouts"] == []
    async with shop.engine.connect() as connection:
        assert await balances(connection, shop.merchant_id, Account.SALE, "o1") == {}


async def test_the_customer_is_told_that_it_takes_days_and_where_it_went(shop: Shop) -> None:
    desk = await bank_desk(shop)
    await shop.order()
    waiting = await desk.to_be_transferred()

    expected = await shop.until_told("account ending in 3000")
    await desk.resolve(waiting, "settle")
    await shop.until(waiting, "completed")
    told = await shop.until_told("has been paid back to your bank account ending in 3000")

    assert any("by hand, so it may take a few working days" in each for each in expected)
    assert not any(IBAN in each for each in told)


async def test_a_chinese_customer_reads_it_in_chinese(shop: Shop) -> None:
    await shop.merchant.put("/v1/customers/lilei", {"name": "李雷", "locale": "zh-CN"})
    desk = await bank_desk(shop)
    await shop.order()
    waiting = await desk.to_be_transferred()
    await desk.resolve(waiting, "settle")
    await shop.until(waiting, "completed")

    told = await shop.until_told("已退还至您尾号为 3000 的银行账户")

    assert any("将转账至您尾号为 3000 的银行账户" in each for each in told)


@pytest.mark.parametrize(("declined_tender", "status"), [("store_credit", "completed"), ("hold", "needs_attention")])
async def test_a_transfer_that_fails_goes_on_like_a_payment_that_was_declined(
    shop: Shop, declined_tender: str, status: str
) -> None:
    desk = await bank_desk(shop, declined_tender=declined_tender)
    await shop.order()
    waiting = await desk.to_be_transferred()

    await desk.resolve(waiting, "failed", note="no such account")
    await shop.until_told("could not credit your refund")
    after = await shop.merchant.wait_until(
        waiting["refund_id"],
        lambda now: now["payouts"][0]["status"] == "failed" and now["status"] == status,
        within_s=IN_TIME_S,
    )

    assert after["payouts"][0]["decline_code"] == "transfer_failed"
    if status == "completed":
        assert paid(after) == [("bank_transfer", 1_200_00, "failed"), ("store_credit", 1_200_00, "succeeded")]
        return
    await desk.resolve(after, "retry", note="the bank was wrong")
    again = await shop.ops.wait_until(
        waiting["refund_id"],
        lambda now: (now["needs_attention"] or {}).get("actions") == ["settle", "failed"],
        within_s=IN_TIME_S,
    )
    await desk.resolve(again, "settle")
    done = await shop.until(again, "completed")
    assert paid(done) == [("bank_transfer", 1_200_00, "failed"), ("bank_transfer", 1_200_00, "succeeded")]


async def test_each_reading_of_the_account_is_in_the_audit_trail_with_its_key(shop: Shop) -> None:
    desk = await bank_desk(shop)
    await shop.order()
    waiting = await desk.to_be_transferred()

    for _ in range(2):
        await shop.ops.get(at(waiting, "bank-account"))

    entries = (await shop.ops.get("/v1/audit?order_id=o1"))["items"]
    read = [each for each in entries if each["action"] == "bank_account_read"]
    assert len(read) == 2 and {each["actor"] for each in read} == {"ops"}
    assert all(each["detail"]["key_id"].startswith("key_") for each in read)
    assert IBAN not in str(entries)


async def test_nobody_reads_it_before_it_is_to_be_transferred_nor_while_a_dispute_holds_it(shop: Shop) -> None:
    desk = await bank_desk(shop)
    await shop.order()
    once = await desk.approved_once()
    with pytest.raises(Refused, match="409 conflicting_state: nothing is to be transferred now"):
        await shop.ops.get(at(once, "bank-account"))
    with pytest.raises(Refused, match="403 forbidden"):
        await shop.reviewer.get(at(once, "bank-account"))
    await desk.second.post(at(once, "review"), APPROVE)
    await shop.until(once, "needs_attention")

    dispute = {"dispute_id": "d1", "payment_id": "p1", "status": "opened", "amount": 1_200_00, "at": days_ago(1)}
    await shop.merchant.post("/v1/orders/o1/disputes", dispute)

    with pytest.raises(Refused, match="409 conflicting_state: nothing is to be transferred now, or a dispute holds it"):
        await shop.ops.get(at(once, "bank-account"))


async def test_when_it_has_ended_the_account_is_erased_and_how_it_ends_stays(shop: Shop) -> None:
    desk = await bank_desk(shop)
    await shop.order()
    await shop.order("o2")
    waiting, called_off = await desk.to_be_transferred(), await desk.asked(order_id="o2")
    await desk.resolve(waiting, "settle")
    await shop.until(waiting, "completed")
    await shop.merchant.post(at(called_off, "cancel"), {})

    for ended in (waiting, await shop.until(called_off, "cancelled")):
        async with shop.engine.connect() as connection:
            stored = await bank_accounts.find(connection, ended["refund_id"])
        assert stored is not None and stored.ends_in == "3000"
        assert (stored.key_id, stored.nonce, stored.sealed) == (None, None, None)
        with pytest.raises(Refused, match="409 conflicting_state: the account was erased"):
            await shop.ops.get(at(ended, "bank-account"))


async def test_of_two_payments_the_gift_card_gets_its_own_back_and_nobody_waits_for_the_bank(shop: Shop) -> None:
    desk = await bank_desk(shop)
    payments = [a_payment("p1", 100_00, "ch-a"), a_payment("p2", 50_00, "ch-b", "gift_card")]
    await shop.order(lines=[a_line("l1", unit_price=150_00)], payments=payments)

    waiting = await desk.to_be_transferred()
    await desk.resolve(waiting, "settle")
    done = await shop.until(waiting, "completed")

    assert paid(waiting) == [("bank_transfer", 100_00, "pending"), ("gift_card", 50_00, "succeeded")]
    assert paid(done) == [("bank_transfer", 100_00, "succeeded"), ("gift_card", 50_00, "succeeded")]
    assert await asked_of_the_provider(shop) == [("ch-b", 50_00)]


async def test_what_was_ended_in_temporal_while_people_transfer_it_is_asked_for_once_more_and_paid_once(
    shop: Shop,
) -> None:
    desk = await bank_desk(shop)
    await shop.order()
    waiting = await desk.to_be_transferred()

    await shop.workflow(waiting).terminate("by mistake")
    await shop.until_event(waiting, "picked_up")
    again = await shop.until_noticed(waiting)
    await desk.resolve(again, "settle", reference="TRX-1")
    done = await shop.until(again, "completed")

    assert paid(done) == [("bank_transfer", 1_200_00, "succeeded")]
    assert events(done).count("resolved") == 1


async def test_a_planted_account_number_is_found_in_no_table_and_in_no_history(shop: Shop, stack: Stack) -> None:
    desk = await bank_desk(shop)
    await shop.order()
    planted = "9876543210112233"
    account = {"holder": "Ms. Nobodyelse", "account_number": planted, "bank_code": "PLANTEDBANK"}
    quoted = await shop.quote(refund_to="bank_transfer", bank_account=account)
    waiting = await desk.to_be_transferred(bank_account=account)
    in_full = await shop.ops.get(at(waiting, "bank-account"))
    waiting_dump, history = await everything(shop, waiting)
    await desk.resolve(waiting, "settle")
    done = await shop.until(waiting, "completed")
    ended_dump, ended_history = await everything(shop, waiting)

    logs = "".join(path.read_text(errors="replace") for path in stack.home.logs.iterdir())
    assert in_full["account_number"] == planted
    assert all(waiting["refund_id"] in place and "bank_transfer" in place for place in (waiting_dump, ended_dump))
    assert all("approvals_needed" in place for place in (history, ended_history))
    for place in (waiting_dump, history, ended_dump, ended_history, logs, str(quoted), str(done)):
        for secret in (planted, "Nobodyelse", "PLANTEDBANK"):
            assert secret not in place
    assert quoted["bank_account"] == {"ends_in": "2233"}


async def everything(shop: Shop, refund: object) -> tuple[str, str]:
    """Every row of every table, and the refund's history with what is in its payloads, as text."""
    rows: list[str] = []
    async with shop.engine.connect() as connection:
        named = "select table_schema, table_name from information_schema.tables where table_type = 'BASE TABLE'"
        mine = f"{named} and table_schema not in ('pg_catalog', 'information_schema')"
        for schema, name in (await connection.execute(text(mine))).all():
            found = await connection.execute(text(f'select t::text from "{schema}"."{name}" t'))  # noqa: S608
            rows += found.scalars()
    history = await history_of(shop.temporal, shop.workflow(refund))  # type: ignore[arg-type]
    return "\n".join(rows), "\n".join(map(str, history.events))
