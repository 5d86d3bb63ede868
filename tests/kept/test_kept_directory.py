"""A data directory of an earlier commit, with refunds in flight at every stage, starts under this one and ends right.

`4cd0e78.sql.gz` and `4cd0e78.temporal.gz` are what PostgreSQL and Temporal had when a stack of commit 4cd0e78 was
killed; how they were made is in `make.py`. The old runs need not replay: what stands in the database is taken over.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client

from db import sealing
from db.engine import open_engine
from gateways.registry import open_named
from tests.conftest import settings_at
from tests.kept import people
from tests.kept.directory import unpack
from tests.kept.people import until
from tests.kept.scenes import SCENES
from tests.kept.shops import WITHIN_S, shop_called
from tests.shop import Shop
from tests.tools.stack.helpers import fresh_home
from tools.client import Json, open_http
from tools.stack.stack import Stack
from tools.stack.temporal_client import connect
from upkeep.books import compare


@dataclass(frozen=True)
class End:
    """How a scene ends. total: of its refunds; by_provider: how much of it the provider paid, by default all of it.

    asked: the steps that people were asked about, before and after; the customer's coupons are named without what
    makes the names of ours unique.
    """

    total: int = 0
    statuses: tuple[str, ...] = ("completed",)
    by_provider: int | None = None
    asked: frozenset[str] = frozenset()
    coupons: tuple[str, ...] = ()
    points: int = 0
    tier: str | None = None
    exclusive: tuple[str, ...] = field(default=())


def asked(*steps: str) -> frozenset[str]:
    return frozenset(steps)


BACK = ("unused",)
KEPT = ("used",)

ENDS = {
    "review": End(1_100_00, coupons=BACK),
    "evidence": End(statuses=("rejected",), coupons=KEPT, points=800),
    "overdue_review": End(600_00, asked=asked("review"), tier="silver"),
    "returning": End(1_095_00, coupons=BACK, points=1_000),
    "two_parcels": End(1_100_00, ("completed", "completed"), coupons=BACK),
    "half_received": End(600_00),
    "received": End(1_200_00),
    "overdue_inspection": End(1_200_00, asked=asked("inspection")),
    "cancelling": End(statuses=("cancelled",), coupons=KEPT),
    "undo_stuck": End(statuses=("cancelled",), asked=asked("release_claims")),
    "label_stuck": End(1_100_00, asked=asked("issue_return"), coupons=BACK),
    "reopened": End(1_100_00, coupons=BACK),
    "claimed_elsewhere": End(1_200_00, ("expired", "completed"), asked=asked("claim_again")),
    "payout_pending": End(1_200_00, coupons=("revoked",)),
    "one_of_two_paid": End(1_200_00),
    "unanswered": End(1_200_00, coupons=("revoked",)),
    "paid_unheard": End(1_095_00, coupons=BACK, points=1_000),
    "declined": End(1_195_00, asked=asked("pay_out"), exclusive=("active",)),
    "by_hand": End(550_00, by_provider=0, asked=asked("pay_out"), coupons=("unused", "used")),
    "restoring": End(1_095_00, coupons=BACK, points=1_000),
    "points_stuck": End(1_095_00, asked=asked("restore_points"), coupons=BACK, points=1_000),
    "untold": End(1_200_00, asked=asked("notify")),
    "reversed_payout": End(1_095_00, asked=asked("pay_out"), coupons=BACK, points=1_000),
    "late_failure": End(1_095_00, by_provider=0, asked=asked("pay_out"), coupons=BACK, points=1_000),
    "unstarted": End(1_150_00),
}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with fresh_home(tmp_path_factory.mktemp("kept")) as home:
        unpack("4cd0e78", home)
        with Stack(settings_at(home)) as running, sealing.using(running.ring):
            yield running


@pytest.fixture(scope="module")
async def books(kept: Stack) -> AsyncIterator[AsyncEngine]:
    engine = open_engine(kept.description.owner_database_url, pool_size=5)
    yield engine
    await engine.dispose()


@pytest.fixture(scope="module")
async def server(kept: Stack) -> Client:
    return await connect(kept.description)


@pytest.fixture(scope="module")
async def shops(kept: Stack, books: AsyncEngine, server: Client) -> AsyncIterator[dict[str, Shop]]:
    async with open_http(kept.description.api_url, at_once=50) as http:
        yield {scene.__name__: shop_called(scene.__name__, http, books, server) for scene in SCENES}


@pytest.fixture(scope="module")
async def ended(shops: dict[str, Shop]) -> dict[str, list[Json] | BaseException]:
    """What became of each scene's refunds, the oldest first, when people had said the rest; or why that failed."""
    found = await asyncio.gather(*(_end(shop) for shop in shops.values()), return_exceptions=True)
    return dict(zip(shops, found, strict=True))


async def _end(shop: Shop) -> list[Json]:
    listed = (await shop.merchant.get("/v1/refunds"))["items"]
    refunds = sorted(listed, key=lambda refund: str(refund["created_at"]))
    await getattr(people, shop.merchant_id)(shop, refunds)
    statuses = ENDS[shop.merchant_id].statuses
    return [await until(shop, refund, status) for refund, status in zip(refunds, statuses, strict=True)]


@pytest.mark.parametrize("scene", ENDS)
async def test_it_ends_as_it_would_have_ended(
    scene: str, shops: dict[str, Shop], ended: dict[str, list[Json] | BaseException]
) -> None:
    shop, end, refunds = shops[scene], ENDS[scene], ended[scene]
    if isinstance(refunds, BaseException):
        raise refunds

    customer = await shop.customer()

    assert [refund["needs_attention"] for refund in refunds] == [None] * len(refunds)
    assert sum(refund["total"] for refund in refunds if refund["status"] == "completed") == end.total
    assert await _paid_by_provider(shop) == (end.total if end.by_provider is None else end.by_provider)
    assert sum(_paid(refund) for refund in refunds) == end.total
    assert sorted(each["status"] for each in customer["coupons"]) == sorted(end.coupons)
    assert customer["points"] == {"balance": end.points, "held": 0}
    assert (customer["store_credit"]["balance"], customer["owed"]) == (0, {})
    assert customer["tier"] == end.tier
    assert tuple(each["status"] for each in customer["exclusive_discounts"]) == end.exclusive


@pytest.mark.parametrize("scene", ENDS)
async def test_nobody_is_asked_what_nobody_needs_to_answer(
    scene: str, shops: dict[str, Shop], ended: dict[str, list[Json] | BaseException]
) -> None:
    assert ended
    # A parcel that was under way when the directory was made is overdue two weeks later, in truth.
    assert await _asked(shops[scene]) - {"receipt"} == ENDS[scene].asked


async def test_both_books_agree_and_the_audit_trail_is_intact(
    shops: dict[str, Shop], books: AsyncEngine, ended: dict[str, list[Json] | BaseException]
) -> None:
    assert ended
    for name, shop in shops.items():
        differences = (await compare(books, open_named(books, ("sandbox",)), name, settles_within=timedelta())).found

        assert list(differences) == []
        assert (await shop.ops.get("/v1/audit/verification"))["intact"]


async def test_nothing_is_held_and_no_workflow_is_left(
    books: AsyncEngine, server: Client, ended: dict[str, list[Json] | BaseException]
) -> None:
    assert ended
    async with books.connect() as connection:
        held = (await connection.execute(text("select refund_id, kind from holds where state = 'held'"))).all()
    assert held == []

    deadline = time.monotonic() + WITHIN_S
    while left := [run.id async for run in server.list_workflows("ExecutionStatus = 'Running'")]:
        assert time.monotonic() < deadline, f"these workflows still ran after {WITHIN_S} s: {left}"
        await asyncio.sleep(0.5)


def _paid(refund: Json) -> int:
    return sum(each["amount"] for each in refund["payouts"] if each["status"] == "succeeded")


async def _paid_by_provider(shop: Shop) -> int:
    query = "select coalesce(sum(amount), 0) from sandbox.refunds where merchant_id = :id and status = 'succeeded'"
    async with shop.engine.connect() as connection:
        return int((await connection.execute(text(query), {"id": shop.merchant_id})).scalar_one())


async def _asked(shop: Shop) -> frozenset[str]:
    """The steps that people were asked about."""
    query = """
        select detail ->> 'step' from audit_entries join refunds using (merchant_id, refund_id)
        where refunds.merchant_id = :id and action = 'needs_attention'
    """
    async with shop.engine.connect() as connection:
        return frozenset((await connection.execute(text(query), {"id": shop.merchant_id})).scalars())
