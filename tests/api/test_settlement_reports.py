"""A settlement report that is sent is read by a workflow, and says what is missing, double or different."""

import asyncio
import gzip
import json
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from db.api_keys import Role
from domain import clock
from tests.shop import IN_TIME_S, Shop, a_line, a_payment
from tools.client import Json

REPORTS = "/v1/settlement-reports"


@dataclass(slots=True)
class Report:
    """A report of balance transactions, line by line, as of now."""

    lines: list[Json] = field(default_factory=list)

    def has(self, reference: str, amount: int, **fields: Any) -> "Report":
        number = len(self.lines) + 1
        source = {"id": reference, "amount": amount, "currency": fields.pop("currency", "cny"), "metadata": {}}
        said = fields.pop("source", {})
        source = source | said if isinstance(said, dict) else said
        of_time = {"created": fields.pop("created", int(clock.now().timestamp())), "status": "available"}
        line = {"id": f"txn_{reference}_{number}", "type": "refund", "source": source, **of_time, **fields}
        self.lines.append(line)
        return self

    @property
    def written(self) -> bytes:
        return b"".join(json.dumps(each).encode() + b"\n" for each in self.lines)


async def sent(shop: Shop, body: bytes, **asked: str) -> httpx.Response:
    query = {"gateway": "sandbox", "format": "stripe", "name": "november.jsonl", **asked}
    headers = {"content-type": "application/octet-stream"}
    return await shop.raw(Role.OPS, "POST", REPORTS, params=query, content=body, headers=headers)


async def read(shop: Shop, body: bytes, **asked: str) -> Json:
    """Send a report, and wait until it is read."""
    answer = (await sent(shop, body, **asked)).raise_for_status()
    async with asyncio.timeout(IN_TIME_S):
        while True:
            shown: Json = await shop.ops.get(f"{REPORTS}/{answer.json()['report_id']}")
            if shown["status"] != "accepted":
                return shown
            await asyncio.sleep(0.2)


async def differences(shop: Shop) -> dict[str, str]:
    """What differs by now: the provider's name of the refund, and how."""
    listed = await shop.ops.get(f"{REPORTS}/differences")
    return {each["reference"]: each["difference"] for each in listed["items"]}


async def paid(shop: Shop, order_id: str, charge_ref: str) -> Json:
    """Sell something for 40.00, and pay it back; returns the payout, with the id of its refund."""
    await shop.order(order_id, lines=[a_line("l1", unit_price=40_00)], payments=[a_payment("p1", 40_00, charge_ref)])
    refund = await shop.approved_refund(order_id)
    return {**refund["payouts"][0], "refund_id": refund["refund_id"]}


async def test_a_report_that_agrees_settles_what_it_has(shop: Shop) -> None:
    payout = await paid(shop, "o1", "ch_1")
    trace = {"destination_details": {"type": "card", "card": {"reference": "arn-1"}}}
    report = Report().has(payout["gateway_ref"], 40_00, source=trace)

    told = await read(shop, report.written)
    shown = (await shop.merchant.get(f"/v1/refunds/{payout['refund_id']}"))["payouts"][0]

    assert (told["status"], told["lines"], told["matched"], set(told["differences"].values())) == ("read", 1, 1, {0})
    assert (shown["settled_on"], shown["trace_number"]) == (clock.now().date().isoformat(), shown["trace_number"])
    assert await differences(shop) == {}


async def test_what_is_missing_double_and_different_is_said_and_told_to_operations(shop: Shop) -> None:
    began = int(clock.now().timestamp()) - 60
    same, double, less, other, lost = [await paid(shop, f"o{n}", f"ch_{n}") for n in range(5)]
    report = Report().has(same["gateway_ref"], 40_00, created=began)
    report.has(double["gateway_ref"], 40_00).has(double["gateway_ref"], 40_00)
    report.has(less["gateway_ref"], 39_99).has(other["gateway_ref"], 40_00, currency="eur")
    report.has("re_of_the_dashboard", 12_00, source={"charge": "ch_0"})
    report.lines.append(report.lines[0])
    report.has("re_last", 1_00, created=int(clock.now().timestamp()) + 60)

    told = await read(shop, gzip.compress(report.written))

    counted = {"missing_here": 2, "missing_there": 1, "different": 2, "double": 2, "failed_there": 0}
    assert (told["matched"], told["differences"]) == (1, counted)
    assert await differences(shop) == {
        double["gateway_ref"]: "double",
        same["gateway_ref"]: "double",  # the line stands in the report twice
        less["gateway_ref"]: "different",
        other["gateway_ref"]: "different",
        "re_of_the_dashboard": "missing_here",
        "re_last": "missing_here",
        lost["gateway_ref"]: "missing_there",
    }
    inbox = await shop.ops.get("/v1/inbox")
    assert any("november.jsonl" in each["body"] and "7 refunds" in each["body"] for each in inbox["items"])


async def test_a_later_report_takes_off_what_agrees_by_then(shop: Shop) -> None:
    payout = await paid(shop, "o1", "ch_1")
    await read(shop, Report().has(payout["gateway_ref"], 39_00).written)
    assert await differences(shop) == {payout["gateway_ref"]: "different"}

    corrected = Report().has(payout["gateway_ref"], 40_00)
    told = await read(shop, corrected.written)

    assert (told["matched"], await differences(shop)) == (1, {})


async def test_the_same_report_is_one_however_often_it_is_sent(shop: Shop) -> None:
    payout = await paid(shop, "o1", "ch_1")
    report = Report().has(payout["gateway_ref"], 40_00).written

    first, again = await read(shop, report), await read(shop, report, name="again.jsonl")
    at_once = {
        each.json()["report_id"] for each in await asyncio.gather(*(sent(shop, report + b"\n") for _ in range(6)))
    }

    assert first == again
    assert len(at_once) == 1


async def test_a_refund_that_failed_at_the_provider_is_looked_into(shop: Shop) -> None:
    payout = await paid(shop, "o1", "ch_1")
    report = Report().has(payout["gateway_ref"], 40_00).has(payout["gateway_ref"], 40_00, type="refund_failure")

    told = await read(shop, report.written)
    await shop.behave("ch_1", "fail_after_success")
    await read(shop, report.written + b"\n")

    assert told["differences"]["failed_there"] == 1
    await shop.until_event({"refund_id": payout["refund_id"]}, "payout_failed")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "no refund in it"),
        (b"no report", "no JSON"),
        (gzip.compress(Report().has("re_1", 1).written)[:-9], "can't be unpacked"),
        (b'{"transactions": []}', "type is missing"),
    ],
)
async def test_a_report_that_cant_be_read_is_refused_as_a_whole(shop: Shop, body: bytes, said: str) -> None:
    told = await read(shop, body)

    assert (told["status"], told["lines"], await differences(shop)) == ("refused", None, {})
    assert said in told["fault"]


async def test_a_fault_in_the_middle_takes_nothing(shop: Shop) -> None:
    payout = await paid(shop, "o1", "ch_1")
    broken = Report().has(payout["gateway_ref"], 39_00).written + b"{oops\n"

    told = await read(shop, broken)

    assert (told["fault"], await differences(shop)) == (told["fault"], {})
    assert told["fault"].startswith("line 2")


async def test_what_cant_be_a_report_is_refused_at_once(shop: Shop) -> None:
    unknown = await sent(shop, b"{}", format="mollie")
    elsewhere = await sent(shop, b"{}", gateway="stripe")
    too_large = await sent(shop, b" " * (64 * 1024 * 1024 + 1))
    of_another = await shop.raw(Role.OPS, "GET", f"{REPORTS}/sr_of_another")

    assert [each.status_code for each in (unknown, elsewhere, too_large, of_another)] == [422, 422, 413, 404]
    assert "there is stripe, wechat_pay, alipay, shopify" in unknown.text
    assert "sandbox" in elsewhere.text


@pytest.mark.parametrize(
    "odd",
    [
        {"created": "soon"},
        {"created": 10**30},
        {"source": {"metadata": [1]}},
        {"currency": "zzz"},
        {"source": {"amount": 10**40}},
        {"id": "x" * 5_000},
        {"id": "a\x00b"},
    ],
    ids=lambda odd: str(odd)[:40],
)
async def test_a_report_with_a_line_that_nobody_foresaw_is_refused_with_what_is_odd(shop: Shop, odd: Json) -> None:
    shown = await read(shop, Report().has("re_1", 1_00).has("re_2", 1_00, **odd).written)

    assert (shown["status"], shown["lines"]) == ("refused", None) and shown["fault"]


async def test_a_report_that_is_nested_without_end_is_refused(shop: Shop) -> None:
    assert (await read(shop, b"[" * 100_000))["status"] == "refused"
