"""Messages of refunds that ended long ago are archived and go; that they were told stays known: none is told twice."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from activities.refunds import Refunds
from api.archives import lines_of
from db import claims, forgotten_messages, messages, refunds, steps
from db.api_keys import Role
from db.archives import Archived
from db.driver import DIALECT
from db.schema import messages as table
from db.schema import refunds as refunds_table
from db.schema import steps as steps_table
from db.whose import Everyones, of_everyone, of_merchant
from domain.claims.claims import ClaimState
from domain.explain.messages import Topic
from domain.steps import Step
from gateways.files.folder import Folder
from gateways.files.shelves import ARCHIVES
from service.steps import RefundRef, step, undo
from tests.api.test_personal_data import erased
from tests.shop import ANYTHING, Shop
from tests.upkeep.test_archiving import LONG_AGO, Interrupted, archive, as_workers, killed, of, store, stored
from tests.upkeep.test_retention import runs
from tests.web.test_refund_pages import with_a_key
from tests.workflows.bank_desk import bank_desk
from tests.workflows.test_payouts import coupon
from tests.workflows.test_sent_back import asked_anew, transferred
from tools.client import Json
from upkeep.archiving import Archive
from upkeep.retention import keep_to_retention

__all__ = ["archive", "as_workers", "store"]

HALF_A_YEAR = timedelta(days=180)


async def refunded(shop: Shop, order_id: str = "o1") -> Json:
    await shop.order(order_id)
    return await told_and_over(shop, await shop.approved_refund(order_id))


async def told_and_over(shop: Shop, refund: Json) -> Json:
    """Nothing of it is on its way any more."""
    await shop.until_ended(refund)
    arrived = """
        update deliveries set ended_at = coalesce(ended_at, now()), receipt_due_at = null where message_id in
            (select message_id from messages where refund_id = :refund_id)
    """
    planned = "update messages set planned_at = coalesce(planned_at, now()) where refund_id = :refund_id"
    for each in (planned, arrived):
        await runs(shop, each, refund_id=refund["refund_id"])
    return refund


async def ended(shop: Shop, refund: Json, *, days_ago: int) -> None:
    ago = "update refunds set completed_at = now() - make_interval(days => :days) where refund_id = :refund_id"
    await runs(shop, ago, refund_id=refund["refund_id"], days=days_ago)


async def kept_to(as_workers: AsyncEngine, archive: Archive | None = None) -> None:
    with of_everyone(Everyones.KEEPERS):
        await keep_to_retention(as_workers, archive)


async def messages_of(shop: Shop, refund: Json) -> int:
    async with shop.engine.connect() as connection:
        query = select(func.count()).select_from(table).where(table.c.refund_id == refund["refund_id"])
        return int((await connection.execute(query)).scalar_one())


async def answered(shop: Shop, refund: Json) -> Json:
    return await shop.merchant.get(f"/v1/refunds/{refund['refund_id']}/messages")


async def forgotten(shop: Shop, as_workers: AsyncEngine, refund: Json) -> None:
    await shop.policy(retention={"messages": "P180D"})
    await ended(shop, refund, days_ago=181)
    await kept_to(as_workers)
    assert await messages_of(shop, refund) == 0


async def test_messages_of_refunds_that_ended_long_ago_go_and_who_asks_for_them_is_told_so(
    shop: Shop, other_shop: Shop, as_workers: AsyncEngine
) -> None:
    old, young, theirs = await refunded(shop), await refunded(shop, "o2"), await refunded(other_shop)
    there = [await messages_of(shop, each) for each in (old, young, theirs)]
    for each, whose in ((old, shop), (theirs, other_shop)):
        await ended(whose, each, days_ago=181)
    await ended(shop, young, days_ago=179)
    await shop.policy(retention={"messages": "P180D"})

    await kept_to(as_workers)

    assert [await messages_of(shop, each) for each in (old, young, theirs)] == [0, *there[1:]]
    said, unsaid = await answered(shop, old), await answered(shop, young)
    assert (said["items"], len(unsaid["items"]), unsaid["forgotten_at"]) == ([], there[1], None)
    assert said["forgotten_at"] is not None
    _, page = await with_a_key(shop, shop.customer_id, refund=old["refund_id"])
    assert "is no longer kept here: this refund ended long ago" in page.text


@pytest.mark.parametrize(
    "so_that",
    [
        "update messages set planned_at = null where refund_id = :refund_id",
        "update refunds set needs_attention = '{}' where refund_id = :refund_id",
        "update refunds set completed_at = null where refund_id = :refund_id",
        "update refunds set completed_at = now() - interval '179 days' where refund_id = :refund_id",
        """
        insert into deliveries (merchant_id, message_id, channel)
        select merchant_id, max(message_id), 'pigeon' from messages where refund_id = :refund_id group by merchant_id
        """,
    ],
    ids=["unplanned", "asks for help", "open", "young", "on its way"],
)
async def test_what_is_young_or_open_or_on_its_way_stays_also_where_a_program_asks_for_it(
    so_that: str, shop: Shop
) -> None:
    refund = await refunded(shop)
    await ended(shop, refund, days_ago=400)
    there = await messages_of(shop, refund)

    async with shop.engine.connect() as connection:  # what is done here nobody else sees
        await connection.execute(text("select set_config('makewhole.merchant', :it, true)"), {"it": shop.merchant_id})
        await connection.execute(text(so_that), {"refund_id": refund["refund_id"]})
        is_more = await forgotten_messages.forget_old(connection, shop.merchant_id, HALF_A_YEAR)
        with pytest.raises(DBAPIError, match="messages stay for 180 days"):
            await forgotten_messages.forget(connection, [refund["refund_id"]], there)

    assert not is_more and await messages_of(shop, refund) == there > 0


async def test_the_programs_may_take_no_other_message_away(
    shop: Shop, other_shop: Shop, as_workers: AsyncEngine
) -> None:
    theirs = await refunded(other_shop)
    await ended(other_shop, theirs, days_ago=400)
    there = await messages_of(other_shop, theirs)

    with of_merchant(shop.merchant_id):
        with pytest.raises(DBAPIError, match="messages stay"):
            async with as_workers.begin() as connection:
                await forgotten_messages.forget(connection, [theirs["refund_id"]], there)
        with pytest.raises(DBAPIError, match="permission denied"):
            async with as_workers.begin() as connection:
                await connection.execute(delete(table))

    assert await messages_of(other_shop, theirs) == there


async def test_what_is_told_while_messages_go_keeps_all_of_them(shop: Shop) -> None:
    refund = await refunded(shop)
    await ended(shop, refund, days_ago=400)
    there = await messages_of(shop, refund)

    async with shop.engine.connect() as connection:
        await connection.execute(text("select set_config('makewhole.merchant', :it, true)"), {"it": shop.merchant_id})
        with pytest.raises(DBAPIError, match=f"{there} messages {there - 1} were to go"):
            await forgotten_messages.forget(connection, [refund["refund_id"]], there - 1)

    assert await messages_of(shop, refund) == there


async def test_they_are_in_a_file_first_by_the_month_in_which_their_refund_ended_and_without_their_words(
    shop: Shop, archive: Archive, as_workers: AsyncEngine, store: Interrupted, tmp_path: Path
) -> None:
    refund = await refunded(shop)
    there = await messages_of(shop, refund)
    words = [each["body"] for each in (await answered(shop, refund))["items"]]
    on_their_way = "select count(*) from deliveries join messages using (message_id) where refund_id = :refund_id"
    async with shop.engine.connect() as connection:
        sent = (await connection.execute(text(on_their_way), {"refund_id": refund["refund_id"]})).scalar_one()
    await runs(shop, "update refunds set completed_at = :at where merchant_id = :merchant", at=LONG_AGO)
    await shop.policy(retention={"messages": "P180D"})

    store.then = killed
    await kept_to(as_workers, archive)
    after_the_file = await messages_of(shop, refund)
    for _ in range(2):
        await kept_to(as_workers, archive)

    lines = of(tmp_path, shop)
    assert (after_the_file, await messages_of(shop, refund)) == (there, 0)
    assert [line["table"] for line in lines] == ["refunds", *["messages"] * there, *["deliveries"] * sent]
    assert {line["refund_id"] for line in lines if line["table"] != "deliveries"} == {refund["refund_id"]}
    assert words and not any(word in json.dumps(lines, ensure_ascii=False) for word in words)
    (part,) = await stored(shop)
    assert (part.month.kind, part.month.month.isoformat(), part.lines) == (Archived.MESSAGES, "2025-03-01", len(lines))
    assert [json.loads(each) async for each in lines_of(Folder(tmp_path, ARCHIVES), [part])] == lines


async def test_what_was_told_is_not_told_again_though_it_is_forgotten(shop: Shop, as_workers: AsyncEngine) -> None:
    refund = await refunded(shop)
    async with shop.engine.connect() as connection:
        before = await messages.told_in(connection, await refunds.get(connection, refund["refund_id"]), 1)
    await forgotten(shop, as_workers, refund)

    async with shop.engine.begin() as connection:
        row = await refunds.get(connection, refund["refund_id"])
        told = await messages.told_in(connection, row, 1)
        again = {"merchant_id": shop.merchant_id, "recipient": shop.customer_id, "refund_id": refund["refund_id"]}
        again |= {"topic": told[0].topic, "subject": told[0].subject, "locale": "en", "body": "again", "facts": {}}
        others = {**again, "subject": "another"}
        is_new = [await messages.put(connection, each) for each in (again, {**again, "round": 2}, others)]
        await messages.put_all(connection, row, [{**each, "round": 1} for each in (again, others)])

    assert told == before and Topic.COMPLETED in {each.topic for each in told}
    assert is_new == [False, True, True]
    assert await messages_of(shop, refund) == 2


async def test_a_payout_that_fails_after_its_messages_are_forgotten_is_told_with_what_is_withdrawn(
    shop: Shop, as_workers: AsyncEngine
) -> None:
    desk = await bank_desk(shop)
    await coupon(shop)
    await shop.order(discounts=[{"source": "coupon", "id": "cpn-100", "amount": 100_00}])
    done = await told_and_over(shop, await transferred(desk))
    await shop.policy(auto_approve=ANYTHING, refund_to_allowed=["bank_transfer"], retention={"messages": "P180D"})
    await ended(shop, done, days_ago=200)
    await kept_to(as_workers)
    assert await messages_of(shop, done) == 0
    folded = await rows_of_steps(shop, done)

    await desk.resolve(done, "failed")
    waiting = await asked_anew(shop, done)
    put_back = await rows_of_steps(shop, done)
    meanwhile = await shop.merchant.get("/v1/coupons/cpn-100")
    await desk.resolve(waiting, "settle")
    await shop.until_ended(await shop.until(waiting, "completed"))

    assert not {"hold", "reinstate_coupons"} & folded.keys() and {"hold", "reinstate_coupons"} < put_back.keys()
    assert meanwhile["status"] == "used"
    assert (await shop.merchant.get("/v1/coupons/cpn-100"))["status"] == "unused"
    topics = [each["topic"] for each in (await answered(shop, done))["items"]]
    assert topics.count("coupon_withdrawn") == topics.count("coupon_reinstated") == topics.count("completed") == 1
    assert "approved" not in topics, "what was told before is not told again"


async def rows_of_steps(shop: Shop, refund: Json) -> dict[str, tuple[object, ...]]:
    async with shop.engine.connect() as connection:
        query = select(steps_table).where(steps_table.c.refund_id == refund["refund_id"])
        return {row.step: tuple(row) for row in await connection.execute(query)}


async def test_steps_that_are_folded_are_read_as_before_and_are_the_same_rows_when_another_is_taken(
    shop: Shop, as_workers: AsyncEngine
) -> None:
    refund = await refunded(shop)
    refund_id = refund["refund_id"]
    async with shop.engine.begin() as connection:
        await steps.mark_undone(connection, refund_id, Step.LOSS)
    before = await rows_of_steps(shop, refund)

    await forgotten(shop, as_workers, refund)

    folded = await rows_of_steps(shop, refund)
    assert folded.keys() == {"run", "begun", "withdraw_grants"} & before.keys() and len(before) > 6
    async with shop.engine.connect() as connection:
        assert await steps.steps_of(connection, refund_id) == {key: row[2] for key, row in before.items()}
        for key, row in before.items():
            assert await steps.result_of(connection, refund_id, key) == row[3]
            assert await steps.is_undone(connection, refund_id, key) == row[2]
        assert await steps.result_of(connection, refund_id, "never") is None
    ref = RefundRef(refund_id, shop.merchant_id)
    async with step(shop.engine, ref, Step.HOLD) as again:
        assert not again.is_first and again.result == before["hold"][3]
    assert await rows_of_steps(shop, refund) == before
    with pytest.raises(steps.AlreadyUndone):
        async with step(shop.engine, ref, Step.LOSS):
            pass


async def test_a_run_that_an_old_copy_brings_back_finds_what_is_paid(shop: Shop, as_workers: AsyncEngine) -> None:
    refund = await refunded(shop)
    ref = RefundRef(refund["refund_id"], shop.merchant_id)
    await forgotten(shop, as_workers, refund)

    await Refunds(shop.engine).release_claims(ref)

    async with shop.engine.connect() as connection:
        rows = (await claims.rows_of(connection, [ref.refund_id]))[ref.refund_id]
    assert {row.state for row in rows} == {ClaimState.PAID}
    async with undo(shop.engine, ref, Step.HOLD) as tx:
        assert await tx.mark_undone(), "what was done is still to be undone"


async def test_who_is_forgotten_and_erased_may_come_in_either_order(shop: Shop, as_workers: AsyncEngine) -> None:
    refund = await refunded(shop)
    await forgotten(shop, as_workers, refund)
    planted = """
        update refunds set steps_folded = steps_folded || '{"planted": {"result": {"instrument": "of-theirs"}}}'
        where refund_id = :refund_id
    """
    await runs(shop, planted, refund_id=refund["refund_id"])

    await erased(shop)

    async with shop.engine.connect() as connection:
        laid = select(refunds_table.c.steps_folded).where(refunds_table.c.refund_id == refund["refund_id"])
        folded = (await connection.execute(laid)).scalar_one()
    assert folded["planted"] == {"result": {"instrument": ""}} and "hold" in folded
    assert (await answered(shop, refund))["forgotten_at"] is not None


async def test_refunds_with_messages_are_found_by_an_index_that_those_without_have_left(
    shop: Shop, as_workers: AsyncEngine
) -> None:
    refund = await refunded(shop)
    old = select(refunds_table.c.refund_id).where(refunds_table.c.merchant_id == shop.merchant_id)
    old = old.where(forgotten_messages.MAY_GO, refunds_table.c.completed_at < func.now())
    old = old.order_by(refunds_table.c.completed_at).limit(1)
    async with shop.engine.begin() as connection:
        await connection.execute(text("set local enable_seqscan = off"))
        asked = old.compile(dialect=DIALECT, compile_kwargs={"literal_binds": True})
        plan = "\n".join((await connection.execute(text(f"explain {asked}"))).scalars())
    await forgotten(shop, as_workers, refund)

    assert "Index Scan using refunds_with_messages_idx" in plan and "Sort" not in plan
    async with shop.engine.connect() as connection:
        assert (await connection.execute(old)).all() == []


@pytest.mark.parametrize(("kept", "is_taken"), [("P180D", True), ("P6M", True), ("P179D", False), (None, True)])
async def test_a_merchant_may_keep_them_for_no_less_than_a_bank_asks_for(
    kept: str | None, is_taken: bool, shop: Shop
) -> None:
    answer = await shop.raw(Role.OPS, "PUT", "/v1/policy", json={"retention": {"messages": kept}})

    assert answer.status_code == (200 if is_taken else 422)
    assert is_taken or answer.json()["errors"][0]["pointer"] == "/retention/messages"
