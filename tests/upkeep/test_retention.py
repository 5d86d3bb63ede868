"""What merchants keep for a while only goes when its time is over, and nothing else goes with it."""

from sqlalchemy import func, select, text, update

from db.api_keys import Role
from db.schema import customers, metadata, orders, refunds
from tests.api.test_evidence import asks, send
from tests.photographs import as_file, photograph
from tests.shop import Shop
from tools.client import Json
from upkeep.retention import keep_to_retention


async def runs(shop: Shop, statement: str, **values: object) -> None:
    async with shop.engine.begin() as connection:
        await connection.execute(text(statement), {"merchant": shop.merchant_id, **values})


async def count(shop: Shop, table: str) -> int:
    async with shop.engine.connect() as connection:
        of_shop = metadata.tables[table].c.merchant_id == shop.merchant_id
        found = await connection.execute(select(func.count()).where(of_shop))
        return int(found.scalar_one())


async def refunded(shop: Shop, customer_id: str, *, long_ago: bool) -> Json:
    """A customer with a refund that is over; everything of it is as old as said."""
    await shop.merchant.put(f"/v1/customers/{customer_id}", {"name": f"Name of {customer_id}"})
    await shop.order(f"of-{customer_id}", customer_id=customer_id)
    refund = await shop.approved_refund(f"of-{customer_id}", note="a note")
    if long_ago:
        await age(shop, customer_id)
    return refund


async def age(shop: Shop, customer_id: str) -> None:
    """All that is known of a customer was three years ago."""
    ago = func.now() - func.make_interval(3)
    async with shop.engine.begin() as connection:
        for table, name in ((customers, "created_at"), (orders, "created_at"), (refunds, "completed_at")):
            theirs = (table.c.merchant_id == shop.merchant_id) & (table.c.customer_id == customer_id)
            await connection.execute(update(table).where(theirs, table.c[name].is_not(None)).values({name: ago}))


async def name_of(shop: Shop, customer_id: str) -> str | None:
    name: str | None = (await shop.merchant.get(f"/v1/customers/{customer_id}"))["name"]
    return name


async def test_what_is_personal_of_who_has_not_come_for_so_long_is_erased_once(shop: Shop) -> None:
    old, new = await refunded(shop, "old", long_ago=True), await refunded(shop, "new", long_ago=False)
    await shop.policy(retention={"personal_data": "P2Y"})

    for _ in range(2):
        await keep_to_retention(shop.engine)

    assert (await name_of(shop, "old"), await name_of(shop, "new")) == (None, "Name of new")
    told = [await shop.merchant.get(f"/v1/refunds/{each['refund_id']}") for each in (old, new)]
    assert [each["note"] for each in told] == ["", "a note"]
    assert told[0]["total"] == told[1]["total"]
    entries = (await shop.ops.get("/v1/audit", customer_id="old"))["items"]
    assert [each["actor"] for each in entries if each["action"] == "personal_data_erased"] == ["makewhole"]


async def test_who_has_come_back_since_is_erased_again_when_that_is_long_ago_too(shop: Shop) -> None:
    await refunded(shop, "old", long_ago=True)
    await shop.policy(retention={"personal_data": "P2Y"})
    await keep_to_retention(shop.engine)

    await shop.merchant.put("/v1/customers/old", {"name": "Came back"})
    await runs(shop, "update erasures set erased_at = now() - interval '4 years' where merchant_id = :merchant")
    await keep_to_retention(shop.engine)

    assert await name_of(shop, "old") is None


async def test_an_open_refund_keeps_all_that_is_known_of_its_customer(shop: Shop) -> None:
    await refunded(shop, "old", long_ago=True)
    await shop.order("second", customer_id="old")
    waiting = await shop.until_judged(await shop.refund("second", reason="changed_mind"))
    await age(shop, "old")
    await shop.policy(retention={"personal_data": "P2Y"})

    await keep_to_retention(shop.engine)

    assert waiting["status"] == "in_review" and await name_of(shop, "old") == "Name of old"


async def test_nobody_is_erased_where_the_merchant_has_not_chosen_it(shop: Shop) -> None:
    await refunded(shop, "old", long_ago=True)

    await keep_to_retention(shop.engine)

    assert await name_of(shop, "old") == "Name of old"


async def test_events_go_by_the_merchants_own_time_and_by_the_usual_one(shop: Shop, other_shop: Shop) -> None:
    await shop.policy(retention={"webhook_events": "P1Y"})
    event = """
        insert into webhook_events (merchant_id, sequence, type, message, at)
        values (:merchant, 1, 'refund.updated', '', now() - make_interval(days => :days))
    """
    for each in (shop, other_shop):
        for days in (700, 60, 1):
            await runs(each, event, days=days)

    await keep_to_retention(shop.engine)

    assert (await count(shop, "webhook_events"), await count(other_shop, "webhook_events")) == (2, 1)


async def test_bulks_go_with_their_lines_and_not_before_they_are_over(shop: Shop) -> None:
    await shop.policy(retention={"bulk_refunds": "P30D"})
    bulk = """
        with made as (
            insert into bulks (merchant_id, status, asked_by, sha256, line_count, completed_at)
            values (:merchant, :status, 'ops', '', 1, now() - make_interval(days => :days)) returning bulk_id
        )
        insert into bulk_lines (bulk_id, line, merchant_id, status) select bulk_id, 1, :merchant, 'done' from made
    """
    for days in (31, 29, None):
        await runs(shop, bulk, days=days, status="completed" if days else "stopping")

    await keep_to_retention(shop.engine)

    assert (await count(shop, "bulks"), await count(shop, "bulk_lines")) == (2, 2)


async def test_pictures_go_some_time_after_they_were_shown_and_never_while_their_customer_has_an_open_refund(
    shop: Shop,
) -> None:
    await shop.lenient_policy(retention={"pictures": "P30D"})
    shows = {who: await a_picture_of(shop, who) for who in ("old", "new", "waiting")}
    for who in ("old", "waiting"):
        aged = "update pictures set used_at = used_at - interval '31 days' where merchant_id = :merchant"
        await runs(shop, f"{aged} and customer_id = :who", who=who)
    await shop.policy(retention={"pictures": "P30D"})
    await shop.order("second", customer_id="waiting")
    await shop.refund("second", reason="changed_mind")

    await keep_to_retention(shop.engine)

    seen = {who: (await shop.raw(Role.MERCHANT, "GET", path)).status_code for who, path in shows.items()}
    assert seen == {"old": 404, "new": 200, "waiting": 200}


async def a_picture_of(shop: Shop, customer_id: str) -> str:
    """A customer has shown a picture in a refund that is over; returns where it is read."""
    await shop.order(f"of-{customer_id}", customer_id=customer_id)
    key = await shop.customer_key(customer_id)
    sent = (await send(shop, key, as_file(photograph(sum(customer_id.encode())), quality=70))).json()
    asked = await asks(shop, key, sent["evidence"], order_id=f"of-{customer_id}")
    await shop.until(asked.json(), "completed")
    return f"/v1/evidence/{sent['evidence_id']}"
