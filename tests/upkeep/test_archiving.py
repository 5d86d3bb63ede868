"""What goes from tables that only grow is in a file first: all of it, once, and nothing that is personal."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from api.archives import ArchiveLost, lines_of, listed, parts
from db import archives
from db.archives import Archived
from db.engine import open_engine
from db.personal_data import PLACES
from db.schema import idempotency_keys, metadata
from db.whose import Everyones, of_everyone, of_merchant, required
from domain import clock
from gateways.files.folder import Folder
from gateways.files.port import FileStore, StoreDown
from gateways.files.shelves import ARCHIVES
from settings import Settings
from tests.api.test_personal_data import erased
from tests.shop import IN_TIME_S, Shop
from tests.upkeep.test_retention import count, runs
from tools.client import Json
from tools.stack.stack import Stack
from upkeep.archiving import Archive
from upkeep.retention import keep_to_retention
from upkeep.seal import forget_old_keys

LONG_AGO = datetime(2025, 3, 14, 12, tzinfo=UTC)
EVENT = """
    insert into webhook_events (event_id, merchant_id, refund_id, sequence, type, message, body, at)
    values (:event_id, :merchant, :refund_id, 1, 'refund.updated', 'words of people', '{"a": "body"}', :at)
"""
ALL_OF_NOW = timedelta(days=-62)
"""Who keeps so long keeps nothing, not even what is of this month."""


class Killed(Exception):
    """Stands for the end of a program."""


class Interrupted:
    """A folder; what is said happens once, after the next file is stored."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self.then: Callable[[], Any] | None = None
        self.is_down = False

    async def put(self, name: str, content: bytes) -> None:
        if self.is_down:
            raise StoreDown("away")
        await self._folder.put(name, content)
        then, self.then = self.then, None
        if then is not None:
            await then()

    async def get(self, name: str) -> bytes | None:
        return await self._folder.get(name)

    async def remove(self, name: str) -> None:
        await self._folder.remove(name)


@pytest.fixture
async def as_workers(stack: Stack) -> AsyncIterator[AsyncEngine]:
    """Behind the policies of the tables, with the rights of the programs' role."""
    engine = required(open_engine(stack.description.database_url, pool_size=5))
    yield engine
    await engine.dispose()


@pytest.fixture
def store(tmp_path: Path) -> Interrupted:
    return Interrupted(Folder(tmp_path, ARCHIVES))


@pytest.fixture
def archive(as_workers: AsyncEngine, store: FileStore) -> Archive:
    return Archive(as_workers, store)


async def event(shop: Shop, event_id: str, *, refund_id: str | None = None, at: datetime = LONG_AGO) -> str:
    event_id = f"{event_id}-{shop.merchant_id}"
    await runs(shop, EVENT, event_id=event_id, refund_id=refund_id, at=at)
    return event_id


async def delivery(shop: Shop, event_id: str, status: str) -> None:
    """Its time is tomorrow, so no worker takes it."""
    told = """
        insert into webhook_deliveries (event_id, merchant_id, endpoint_id, sequence, status, next_at)
        values (:event_id, :merchant, 'erp', 1, :status, now() + interval '1 day')
    """
    await runs(shop, told, event_id=event_id, status=status)


async def kept(archive: Archive, shop: Shop, kind: Archived = Archived.WEBHOOK_EVENTS) -> None:
    await take(archive, shop, kind, timedelta(days=30))


async def kept_but(left: int, archive: Archive, shop: Shop) -> None:
    """Until no more events are left: what a worker of the stack touches meanwhile stays until the next time."""
    async with asyncio.timeout(IN_TIME_S):
        while await count(shop, "webhook_events") > left:
            await kept(archive, shop)


async def take(archive: Archive, shop: Shop, kind: Archived, for_so_long: timedelta) -> None:
    with of_everyone(Everyones.KEEPERS):
        await archive.take(kind, for_so_long, of_merchant=shop.merchant_id)


def files(folder: Path) -> Iterator[tuple[str, list[Json]]]:
    for file in sorted(folder.rglob("*.jsonl.gz")):
        lines = gzip.decompress(file.read_bytes()).splitlines()
        yield str(file.relative_to(folder)), [json.loads(line) for line in lines]


def the_file(folder: Path) -> Path:
    (file,) = folder.rglob("*.jsonl.gz")
    return file


def of(folder: Path, shop: Shop) -> list[Json]:
    return [line for name, lines in files(folder) if name.startswith(f"{shop.merchant_id}/") for line in lines]


def ids(lines: list[Json]) -> list[str]:
    return [line["event_id"] for line in lines if line["table"] == "webhook_events"]


async def stored(shop: Shop) -> list[archives.ArchivePart]:
    async with shop.engine.connect() as connection:
        return await archives.parts_of(connection, shop.merchant_id)


async def test_a_month_that_is_over_is_in_a_file_with_all_that_belongs_to_it_and_then_gone(
    shop: Shop, other_shop: Shop, archive: Archive, as_workers: AsyncEngine, tmp_path: Path
) -> None:
    for each in (shop, other_shop):
        old = await event(each, "old")
        await delivery(each, old, "delivered")
        await event(each, "new", at=clock.now())

    with of_everyone(Everyones.KEEPERS):
        await keep_to_retention(as_workers, archive)

    for each in (shop, other_shop):
        lines = of(tmp_path, each)
        assert [line["table"] for line in lines] == ["webhook_events", "webhook_deliveries"]
        assert {line["merchant_id"] for line in lines} == {each.merchant_id}, "a file has one merchant's rows alone"
        (part,) = await stored(each)
        assert (part.month.month.isoformat(), part.number, part.lines) == ("2025-03-01", 1, 2)
        assert (await count(each, "webhook_events"), await count(each, "webhook_deliveries")) == (1, 0)
    names = [name for name, _ in files(tmp_path) if name.startswith(f"{shop.merchant_id}/")]
    assert names == [f"{part.name}.jsonl.gz" for part in await stored(shop)]
    assert names[0].startswith(f"{shop.merchant_id}/webhook_events/2025-03-0001-")


async def test_a_month_goes_when_all_of_it_is_over_and_what_waits_follows_in_a_part_of_its_own(
    shop: Shop, archive: Archive, tmp_path: Path
) -> None:
    waiting = await event(shop, "waiting")
    await delivery(shop, waiting, "pending")
    monthly = (clock.now() - timedelta(days=30)).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    await event(shop, "of-a-month-that-is-not-over", at=monthly)
    old = await event(shop, "old")

    await kept_but(2, archive, shop)
    at_first = ids(of(tmp_path, shop))
    await runs(shop, "update webhook_deliveries set status = 'failed' where event_id = :event_id", event_id=waiting)
    await kept_but(1, archive, shop)

    assert (at_first, ids(of(tmp_path, shop))) == ([old], [old, waiting])
    assert [(part.number, part.lines) for part in await stored(shop)] == [(1, 1), (2, 2)]
    assert await count(shop, "webhook_events") == 1


async def test_who_is_killed_between_the_file_and_the_rows_loses_nothing_and_writes_nothing_twice(
    shop: Shop, archive: Archive, store: Interrupted, tmp_path: Path
) -> None:
    some = [await event(shop, f"e{number}") for number in range(3)]
    store.then = killed

    await kept(archive, shop)
    there, at_first = await count(shop, "webhook_events"), [name for name, _ in files(tmp_path)]
    assert await stored(shop) == [], "a file whose rows are still there counts for nothing"
    for _ in range(2):
        await kept(archive, shop)

    assert (there, await count(shop, "webhook_events")) == (3, 0)
    assert [name for name, _ in files(tmp_path)] == at_first
    assert sorted(ids(of(tmp_path, shop))) == sorted(some)


async def killed() -> None:
    raise Killed


async def test_what_is_over_meanwhile_is_in_the_file_that_takes_the_place_of_the_one_before(
    shop: Shop, archive: Archive, store: Interrupted, tmp_path: Path
) -> None:
    some = [await event(shop, "e1")]
    store.then = killed
    await kept(archive, shop)
    some.append(await event(shop, "e2"))

    await kept(archive, shop)

    assert sorted(ids(of(tmp_path, shop))) == sorted(some)
    assert [f"{part.name}.jsonl.gz" for part in await stored(shop)] == [name for name, _ in files(tmp_path)]
    assert await count(shop, "webhook_events") == 0


async def test_rows_that_change_while_their_file_is_stored_stay_until_a_file_has_them_as_they_are(
    shop: Shop, archive: Archive, store: Interrupted, tmp_path: Path
) -> None:
    old = await event(shop, "old")
    await delivery(shop, old, "delivered")

    async def asked_again() -> None:
        await runs(shop, "update webhook_deliveries set attempts = 7 where event_id = :event_id", event_id=old)

    store.then = asked_again
    await kept(archive, shop)
    there = await count(shop, "webhook_events")
    await kept(archive, shop)

    assert (there, await count(shop, "webhook_events")) == (1, 0)
    assert [line["attempts"] for line in of(tmp_path, shop) if line["table"] == "webhook_deliveries"] == [7]


async def test_where_the_store_is_down_nothing_goes_and_other_merchants_are_served_when_it_is_back(
    shop: Shop, archive: Archive, store: Interrupted, tmp_path: Path
) -> None:
    await event(shop, "old")
    store.is_down = True

    await kept(archive, shop)
    there = await count(shop, "webhook_events")
    store.is_down = False
    await kept(archive, shop)

    assert (there, await count(shop, "webhook_events"), len(of(tmp_path, shop))) == (1, 0, 1)


async def test_a_large_month_is_in_several_parts_of_which_each_row_is_in_one(
    shop: Shop, archive: Archive, tmp_path: Path
) -> None:
    bulk = """
        with made as (
            insert into bulks (merchant_id, status, asked_by, sha256, line_count, completed_at)
            select :merchant, 'completed', 'ops', number::text, 2,
                cast(:at as timestamptz) + make_interval(mins => number)
            from generate_series(1, 7) number returning bulk_id
        )
        insert into bulk_lines (bulk_id, line, merchant_id, status)
        select bulk_id, line, :merchant, 'done' from made, generate_series(1, 2) line
    """
    await runs(shop, bulk, at=LONG_AGO)

    await kept(archive, shop, Archived.BULK_REFUNDS)

    lines = of(tmp_path, shop)
    assert [part.lines for part in await stored(shop)] == [15, 6]
    assert [line["sha256"] for line in lines if line["table"] == "bulks"] == [str(number) for number in range(1, 8)]
    assert len({(line["bulk_id"], line["line"]) for line in lines if line["table"] == "bulk_lines"}) == 14
    assert (await count(shop, "bulks"), await count(shop, "bulk_lines")) == (0, 0)


async def test_a_merchants_bulks_are_archived_where_they_are_not_kept_without_end(
    shop: Shop, other_shop: Shop, archive: Archive, as_workers: AsyncEngine, tmp_path: Path
) -> None:
    await shop.policy(retention={"bulk_refunds": "P30D"})
    for each in (shop, other_shop):
        bulk = """
            insert into bulks (merchant_id, status, asked_by, sha256, line_count, stopped_at)
            values (:merchant, 'stopped', 'ops', '', 0, :at)
        """
        await runs(each, bulk, at=LONG_AGO)

    with of_everyone(Everyones.KEEPERS):
        await keep_to_retention(as_workers, archive)

    assert [await count(each, "bulks") for each in (shop, other_shop)] == [0, 1]
    assert [len(of(tmp_path, each)) for each in (shop, other_shop)] == [1, 0]


async def test_keys_of_requests_are_archived_without_their_answers(
    shop: Shop, archive: Archive, as_workers: AsyncEngine, tmp_path: Path
) -> None:
    await shop.order()
    await shop.refund(reason="changed_mind", note="a note of people")
    there = await count(shop, "idempotency_keys")

    with of_everyone(Everyones.KEEPERS):
        await forget_old_keys(as_workers, archive)
    untouched = await count(shop, "idempotency_keys")
    await take(archive, shop, Archived.IDEMPOTENCY_KEYS, ALL_OF_NOW)

    lines = of(tmp_path, shop)
    assert untouched == len(lines) == there > 0
    assert {line["table"] for line in lines} == {idempotency_keys.name}
    assert all(line["request_sha256"] and "answer" not in line for line in lines)
    assert await count(shop, "idempotency_keys") == 0


async def test_what_was_erased_is_in_no_archive_whether_it_was_archived_before_or_after(
    shop: Shop, archive: Archive, tmp_path: Path
) -> None:
    await shop.order()
    refund = await shop.approved_refund(note="a note of people")
    await event(shop, "before", refund_id=refund["refund_id"])
    await kept(archive, shop)
    await take(archive, shop, Archived.IDEMPOTENCY_KEYS, ALL_OF_NOW)

    await erased(shop)
    await event(shop, "after", refund_id=refund["refund_id"])
    await kept(archive, shop)

    told = json.dumps(of(tmp_path, shop))
    assert len(ids(of(tmp_path, shop))) == 2
    assert all(each not in told for each in ("a note of people", "words of people", "body", "\\u0001"))


@pytest.mark.parametrize("kind", Archived)
async def test_no_column_that_is_judged_personal_is_in_a_file(
    kind: Archived, shop: Shop, as_workers: AsyncEngine
) -> None:
    await event(shop, "old")
    await shop.order()
    await shop.approved_refund()
    await runs(shop, "update messages set planned_at = now() where merchant_id = :merchant and planned_at is null")
    bulk = """
        insert into bulks (merchant_id, status, asked_by, sha256, line_count, completed_at)
        values (:merchant, 'completed', 'ops', '', 0, :at)
    """
    await runs(shop, bulk, at=LONG_AGO)

    with of_merchant(shop.merchant_id):
        async with as_workers.connect() as connection:
            (month, *_) = await archives.due(connection, kind, ALL_OF_NOW, of_merchant=shop.merchant_id)
            batch = await archives.gather(connection, month)

    for line in map(json.loads, batch.lines):
        table = metadata.tables[line.pop("table")]
        assert line.keys() == {each.name for each in table.c} - set(PLACES[table].personal.split())


async def test_another_merchants_rows_are_in_no_file_even_where_a_program_asks_for_them(
    shop: Shop, other_shop: Shop, as_workers: AsyncEngine
) -> None:
    await event(other_shop, "theirs")
    theirs = archives.Month(other_shop.merchant_id, Archived.WEBHOOK_EVENTS, date(2025, 3, 1))

    found = []
    for merchant_id in (shop.merchant_id, other_shop.merchant_id):
        with of_merchant(merchant_id):
            async with as_workers.connect() as connection:
                found.append(len((await archives.gather(connection, theirs)).lines))

    assert found == [0, 1]


async def test_an_archive_is_read_by_its_merchant_and_month_and_one_that_was_changed_is_refused(
    shop: Shop, archive: Archive, store: Interrupted, stack: Stack, tmp_path: Path
) -> None:
    old = await event(shop, "old")
    await kept(archive, shop)
    settings = Settings.from_environment({"MAKEWHOLE_DATABASE_URL": stack.description.database_url})
    march, april = (date(2025, month, 1) for month in (3, 4))

    found = await parts(settings, shop.merchant_id, Archived.WEBHOOK_EVENTS, march)
    of_april = await parts(settings, shop.merchant_id, None, april)
    lines = [line async for line in lines_of(store, found)]
    file = the_file(tmp_path)
    file.write_bytes(gzip.compress(b"{}\n"))

    assert ([json.loads(line)["event_id"] for line in lines], of_april) == ([old], [])
    assert json.loads(listed(found[0])) | {"sha256": "", "name": ""} == {
        **{"merchant_id": shop.merchant_id, "kind": "webhook_events", "month": "2025-03", "part": 1, "lines": 1},
        **{"sha256": "", "name": ""},
    }
    with pytest.raises(ArchiveLost, match="is not what was stored"):
        _ = [line async for line in lines_of(store, found)]
    file.unlink()
    with pytest.raises(ArchiveLost, match="is not there"):
        _ = [line async for line in lines_of(store, found)]
