"""How often a key and a customer may ask: at once in one process, within a second in all."""

import re

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.responses import PlainTextResponse

from api.known_callers import KnownCallers
from api.metered import Meter, Metered
from api.problems import ProblemRaised
from api.shares import Limits, Shares
from db.api_keys import Caller, Role
from db.engine import open_engine
from service.quotas import Quotas
from tests.shop import IN_TIME_S, Shop

TEN = Quotas.of({"requests_per_key": 10, "requests_per_customer": 10})


def caller(shop: Shop, name: str = "a") -> Caller:
    return Caller(shop.merchant_id, Role.MERCHANT, None, f"key_{name}_{shop.merchant_id}")


def let_in(meter: Meter, who: Caller, times: int) -> int:
    """How many of so many requests are let in."""
    count = 0
    for _ in range(times):
        try:
            meter.count(who)
        except ProblemRaised as refused:
            assert (refused.status, refused.code) == (429, "too_many_requests")
        else:
            count += 1
    return count


async def test_processes_that_have_settled_let_in_as_many_as_the_limit_says_together(shop: Shop) -> None:
    one, other, who = Meter(shop.engine, TEN), Meter(shop.engine, TEN), caller(shop)

    assert (let_in(one, who, 6), let_in(other, who, 3)) == (6, 3)
    await one.settle()
    await other.settle()
    assert let_in(one, who, 1) == 1
    await one.settle()

    assert let_in(one, who, 5) == 0, "it has heard of the three"
    assert let_in(other, who, 5) == 1, "it has not heard of the tenth: the limit is overdrawn until it settles"
    await other.settle()
    assert let_in(other, who, 5) == 0


async def test_before_they_have_settled_each_lets_in_no_more_than_the_limit(shop: Shop) -> None:
    processes = [Meter(shop.engine, TEN) for _ in range(3)]

    assert [let_in(each, caller(shop), 50) for each in processes] == [10, 10, 10]


async def test_all_keys_of_a_customer_are_one_and_those_of_the_staff_are_not(shop: Shop) -> None:
    meter = Meter(shop.engine, TEN)
    lilei = [Caller(shop.merchant_id, Role.CUSTOMER, "lilei", f"key_{number}") for number in range(2)]

    assert let_in(meter, lilei[0], 7) == 7 and let_in(meter, lilei[1], 7) == 3
    assert let_in(meter, caller(shop, "a"), 7) == let_in(meter, caller(shop, "b"), 7) == 7
    assert let_in(meter, Caller("another", Role.CUSTOMER, "lilei"), 1) == 1


async def test_while_the_database_is_away_the_limits_hold_here_and_what_was_counted_is_kept(shop: Shop) -> None:
    nowhere: AsyncEngine = open_engine("postgresql://nobody@127.0.0.1:1/nothing", pool_size=1)
    meter = Meter(nowhere, TEN)

    let_in(meter, caller(shop), 9)
    async with meter.settling():
        pass

    assert let_in(meter, caller(shop), 9) == 1


def metered(shop: Shop) -> httpx.AsyncClient:
    """An API of nothing but its meter, behind the shares of merchants."""
    callers = KnownCallers(shop.engine)

    async def merchant_of(key: str) -> str | None:
        known = await callers.find(key)
        return known.merchant_id if known else None

    here = Metered(PlainTextResponse("here"), Meter(shop.engine, TEN), callers)
    shares = Shares(here, merchant_of, Limits(IN_TIME_S))
    return httpx.AsyncClient(transport=httpx.ASGITransport(shares), base_url="http://api")


async def test_of_two_headers_the_one_that_lets_a_request_in_is_the_one_that_is_counted(shop: Shop) -> None:
    key = f"Bearer {shop.keys[Role.OPS]}".encode()
    two = [(b"authorization", key), (b"authorization", b"Bearer nobody-knows-this")]
    odd = [(b"authorization", b"\xff"), (b"x-api-key", shop.keys[Role.OPS].encode())]

    answers = [await shop.http.get("/v1/refunds", headers=each) for each in (two, odd)]
    async with metered(shop) as http:
        counted = [await http.get("/v1/refunds", headers=each) for each in (two, odd)]

    assert [each.status_code for each in answers] == [200, 200]
    assert [each.headers["ratelimit"].split(";")[1] for each in counted] == ["r=9", "r=8"]


async def test_whoever_asks_too_often_is_told_for_how_long_and_an_unknown_key_is_nobodys(shop: Shop) -> None:
    async with metered(shop) as http:
        headers = {"Authorization": f"Bearer {shop.keys[Role.OPS]}"}
        answers = [await http.get("/v1/refunds", headers=headers) for _ in range(11)]
        unknown = await http.get("/v1/refunds", headers={"X-API-Key": "nobody-knows-this"})

    assert [each.status_code for each in answers] == [200] * 10 + [429]
    assert answers[0].headers["ratelimit-policy"] == '"requests_per_key";q=10;w=60'
    assert re.fullmatch(r'"requests_per_key";r=9;t=\d+', answers[0].headers["ratelimit"])
    assert 0 < int(answers[-1].headers["retry-after"]) <= 60
    assert "ratelimit" not in unknown.headers


async def test_answers_say_what_is_left_whatever_they_are(shop: Shop) -> None:
    answers = [
        await shop.raw(Role.MERCHANT, "GET", "/v1/refunds"),
        await shop.raw(Role.MERCHANT, "GET", "/v1/refunds/nobody-knows-this"),
        await shop.raw(Role.MERCHANT, "PUT", "/v1/orders/o1", json=shop.order_body()),
    ]

    left = [int(re.fullmatch(r'"requests_per_key";r=(\d+);t=\d+', each.headers["ratelimit"])[1]) for each in answers]  # type: ignore[index]
    assert left[0] > left[1] > left[2]


@pytest.mark.parametrize("said", [{"requests": 1}, {"codes_per_order": 1, "": 2}])
def test_a_limit_of_nothing_is_refused_with_those_that_there_are(said: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="there is codes_per_order, "):
        Quotas.of(said)
