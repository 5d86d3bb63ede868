"""Whoever has the database has nothing of what people said: not in its rows, its files, its log, nor in Temporal's."""

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from sqlalchemy import text

from tests.api.bulk_desk import BulkDesk, a_refund
from tests.api.planted import Planted, plant
from tests.api.provoked_carriers import A_CARRIER, A_WAREHOUSE
from tests.api.sessions import ask
from tests.api.test_settlement_reports import Report, read
from tests.shop import Shop, a_line
from tests.webhooks.desk import endpoint, none_pending, until_logged
from tests.webhooks.receiver import receiving
from tests.workflows.test_what_temporal_stores import found
from tools.stack.data_location import place
from tools.stack.stack import Stack

CLEAR = {
    "instrument": "the merchant's token of a card, by which accounts on one card are found",
    "coupon": "what a merchant calls a coupon",
    "carrier": "whose parcel it is",
    "tracking-number": "the carrier's number of a parcel",
    "order-line": "what a merchant calls a thing",
    "who-takes-parcels": "it stands on each label",
    "warehouse": "it stands on each label",
    "idempotency-key": "what a caller calls a request",
}
"""What lies there in clear, and what it is; docs/security.md says so too."""

_OF_OTHER_TESTS_TOO = {"iban"}


async def test_nothing_that_people_said_lies_in_rows_in_files_or_in_logs(
    shop: Shop, stack: Stack, tmp_path: Path
) -> None:
    async with receiving() as receiver:
        await endpoint(shop, receiver)
        planted, _ = await plant(shop)
        await plant_elsewhere(shop, planted)
        await until_logged(shop, lambda items: len(items) > 5 and none_pending(items))

    await checkpoint(shop)
    in_rows = await rows_with(shop, planted)
    in_files = places_in(files(stack), planted)
    in_logs = places_in((each.read_bytes() for each in stack.home.logs.glob("*.log")), planted)
    in_temporal = found((shop.merchant_id, *planted.said.values()), stack.home.path, tmp_path)

    assert len(planted.said) > 20
    assert in_rows.keys() == CLEAR.keys(), in_rows
    assert in_files == CLEAR.keys(), "what is known to lie there is found, and nothing else"
    assert in_logs == set()
    assert in_temporal == {shop.merchant_id}


async def plant_elsewhere(shop: Shop, planted: Planted) -> None:
    """What is said of nobody who is known: by staff, by providers, in what can't be read, by whoever guesses."""
    line = {**a_line("l1", unit_price=60_000), "name": planted.in_("order-line")}
    await shop.order("planted-7", lines=[line])
    await shop.merchant.post("/v1/customers/c9/points", {"points": 1}, key=planted.in_("idempotency-key"))
    await ask(shop, "planted-7", planted.mail_in("contact-of-a-stranger"))
    address = {**A_WAREHOUSE, "person_name": planted.in_("who-takes-parcels"), "email": planted.mail_in("warehouse")}
    await shop.owner.put("/v1/carriers/planted", {**A_CARRIER, "address": address})
    unread = await BulkDesk(shop).sent(f"no line of JSON, {planted.in_('bulk-line')}", a_refund("planted-7", note=7))
    assert unread.status_code == 422
    report = Report().has("re_planted", -1, description=planted.in_("report-line"))
    await read(shop, report.written, name="good")
    await read(shop, report.written + planted.in_("report-fault").encode(), name="bad")
    wrong = Report().has("re_planted", -1, created=planted.in_("report-time"))
    assert planted.said["report-time"] in (await read(shop, wrong.written, name="wrong"))["fault"]


async def rows_with(shop: Shop, planted: Planted) -> dict[str, set[str]]:
    """In which tables something planted lies, by where it was said: as a dump of the database would have it."""
    there: dict[str, set[str]] = {}
    tables = text("select schemaname, tablename from pg_tables where schemaname in ('public', 'sandbox')")
    async with shop.engine.connect() as connection:
        for schema, name in (await connection.execute(tables)).all():
            rows = text(f'select each::text from "{schema}"."{name}" each where each::text ~ :planted')  # noqa: S608
            for row in (await connection.execute(rows, {"planted": pattern(planted)})).scalars():
                for said in places_in([row.encode()], planted):
                    there.setdefault(said, set()).add(name)
    return there


async def checkpoint(shop: Shop) -> None:
    async with shop.engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text("checkpoint"))


def files(stack: Stack) -> Iterator[bytes]:
    """Everything below the server's directory: tables, indexes, what does not fit into rows, and its own log."""
    for path in place(stack.home).data.rglob("*"):
        with suppress(FileNotFoundError):  # PostgreSQL removes some meanwhile
            if path.is_file():
                yield path.read_bytes()


def places_in(pieces: Iterator[bytes] | list[bytes], planted: Planted) -> set[str]:
    looked_for = re.compile(pattern(planted).encode())
    there = set[str]()
    for piece in pieces:
        if looked_for.search(piece):
            there |= {name for name, said in planted.said.items() if said.encode() in piece} - _OF_OTHER_TESTS_TOO
    return there


def pattern(planted: Planted) -> str:
    """Most have something drawn by lot in them, the others are all of it themselves."""
    others = {said for name, said in planted.said.items() if planted.drawn not in said and name != "iban"}
    return "|".join(map(re.escape, (planted.drawn, *sorted(others))))
