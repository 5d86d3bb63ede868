"""The command line as a program, against the real API: JSON alone on stdout, the rest on stderr, and exit codes."""

import asyncio
import json
import os
import signal
import stat
import sys
from asyncio.subprocess import Process
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import typer

from db import merchant_time
from db.api_keys import Role
from domain.money.currencies import DECIMALS as OURS
from makewhole_client.cli.amounts import DECIMALS, in_words
from makewhole_client.cli.clock import in_iso
from tests.api.bulk_desk import BulkDesk, a_refund, written
from tests.shop import IN_TIME_S, Shop
from tests.webhooks.desk import endpoint
from tests.webhooks.receiver import receiving

PACKAGE = str(Path(__file__).parents[2] / "clients/python")


@dataclass(frozen=True)
class Said:
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


Run = Callable[..., Coroutine[Any, Any, Said]]


async def started(*arguments: str, **env: str) -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "makewhole_client.cli", *arguments),
        env={"PATH": os.environ["PATH"], "PYTHONPATH": PACKAGE, **env},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


@pytest.fixture
def run(shop: Shop, api_url: str, tmp_path: Path) -> Run:
    async def command(*arguments: str, role: Role | None = Role.MERCHANT, typed: str = "", **env: str) -> Said:
        told = {"MAKEWHOLE_URL": api_url, "MAKEWHOLE_API_KEY": shop.keys[role]} if role else {}
        process = await started(*arguments, XDG_CONFIG_HOME=str(tmp_path), **told, **env)
        out, err = await process.communicate(typed.encode())
        return Said(process.returncode or 0, out.decode(), err.decode())

    return command


async def test_a_refund_is_quoted_requested_approved_and_watched_to_its_end(shop: Shop, run: Run) -> None:
    await shop.order()
    asked = ("o1", "--reason", "changed_mind", "--kind", "refund_only", "--line", "l1=1")

    quoted, unsure, filed = await asyncio.gather(
        run("quote", *asked, "--json"),
        run("refund", *asked),
        run("quote", *asked[:5], "--lines", "-", "--json", typed='[{"line_id":"l1","amount":1500}]'),
    )
    made = await run("refund", *asked, "--yes", "--json")
    refund_id = made.lines[0]["refund_id"]
    watching = asyncio.create_task(run("watch", refund_id, "--json", "--within", str(IN_TIME_S)))
    approved = await run("approve", refund_id, "--note", "fine", "--json", role=Role.REVIEWER)
    watched = await watching

    assert (quoted.code, quoted.lines[0]["total"], quoted.err) == (0, 60_000, "")
    assert (filed.code, filed.lines[0]["total"]) == (0, 1_500)
    assert (unsure.code, unsure.out) == (2, "") and "--yes" in unsure.err
    assert (made.code, approved.code, watched.code) == (0, 0, 0)
    assert "600.00 CNY" in made.err and approved.lines[0]["refund_id"] == refund_id
    assert watched.lines[0]["event"] == "requested" and watched.lines[-1]["status"] == "completed"
    assert [each["event"] for each in watched.lines[:-1]] == [each["event"] for each in watched.lines[-1]["timeline"]]


async def test_the_exit_code_tells_how_it_ended_and_what_went_wrong(shop: Shop, run: Run) -> None:
    await shop.order()
    refund_id = (await shop.refund(reason="changed_mind"))["refund_id"]

    late = await run("watch", refund_id, "--within", "0.3", "--json")
    reject = ("reject", refund_id, "--reason", "goods_used")
    forbidden = await run(*reject, role=Role.WAREHOUSE)
    rejected = await run(*reject, role=Role.REVIEWER)
    ended, away, nobody, wrong, shown = await asyncio.gather(
        run("watch", refund_id),
        run("show", "rf_nobody", "--json"),
        run("show", refund_id, role=None),
        run("quote", "o1", "--reason", "changed_mind", "--line", "l1"),
        run("show", refund_id),
    )

    assert [late.code, forbidden.code, rejected.code, ended.code] == [6, 1, 0, 3]
    assert "forbidden" in forbidden.err and forbidden.out == ""
    assert (away.code, away.out) == (1, "") and "not_found" in away.err and "(request " in away.err
    assert nobody.code == 1 and "MAKEWHOLE_URL" in nobody.err
    assert wrong.code == 2 and "LINE_ID" in wrong.err
    assert "1,200.00 CNY" in shown.out and "rejected" in shown.out


async def test_the_log_of_events_is_followed_and_an_event_is_sent_again(shop: Shop, run: Run) -> None:
    await shop.lenient_policy()
    async with receiving() as receiver:
        await endpoint(shop, receiver)
        await shop.order()
        await shop.approved_refund()
        posted = list(await receiver.until(lambda all: any(each.type == "refund.completed" for each in all)))
        tail = await run("events", "tail", "--no-follow", "--last", "200", "--json")
        newest = tail.lines[-1]["event_id"]
        again = await run("events", "resend", newest, "--endpoint", "shop", "--json")
        await receiver.until(lambda all: [each.event_id for each in all].count(newest) == 2)
        shown = await run("events", "show", newest)

    assert (tail.code, again.code, shown.code) == (0, 0, 0)
    assert [each["event_id"] for each in tail.lines] == [each.event_id for each in posted]
    assert again.lines[0]["event_id"] == newest and newest in shown.out


async def test_a_bulk_is_previewed_confirmed_by_its_total_and_watched_until_all_of_it_is_paid(
    shop: Shop, run: Run, tmp_path: Path
) -> None:
    await shop.lenient_policy(bulk_grace="PT0S")
    await BulkDesk(shop).orders(["o1", "o2"])
    file = tmp_path / "refunds.jsonl"
    file.write_bytes(written(a_refund("o1"), a_refund("nobody-knows-this"), a_refund("o2")))

    previewed = await run("bulk", "preview", str(file), "--json", role=Role.OPS)
    bulk_id = previewed.lines[0]["bulk_id"]
    unsure = await run("bulk", "confirm", bulk_id, role=Role.OPS)
    wrong = await run("bulk", "confirm", bulk_id, "--total", "CNY=1", role=Role.OPS)
    paid = await run("bulk", "confirm", bulk_id, "--total", "CNY=240000", "--watch", "--json", role=Role.OPS)
    shown = await run("bulk", "show", bulk_id, "--status", "refused", role=Role.OPS)

    assert (previewed.code, previewed.lines[0]["status"]) == (0, "awaiting_confirmation")
    assert (unsure.code, unsure.out) == (2, "") and "--total" in unsure.err and "2,400.00 CNY" in unsure.err
    assert wrong.code == 1 and "240000" in wrong.err
    assert (paid.code, paid.err) == (0, "")
    last = paid.lines[-1]
    assert (last["status"], last["refunds"], "lines" in last) == ("completed", {"completed": 2}, False)
    assert shown.code == 0 and "nobody-knows-this  not_found" in shown.out and bulk_id in shown.out


async def test_a_bulk_that_was_stopped_says_so_by_its_exit_code(shop: Shop, run: Run) -> None:
    await shop.lenient_policy(bulk_grace="PT1H")
    await BulkDesk(shop).orders(["o1"])

    text = written(a_refund("o1")).decode()
    previewed = await run("bulk", "preview", "-", "--json", role=Role.OPS, typed=text)
    bulk_id = previewed.lines[0]["bulk_id"]
    confirmed = await run("bulk", "confirm", bulk_id, "--total", "CNY=120000", role=Role.OPS)
    late = await run("bulk", "watch", bulk_id, "--within", "0.1", role=Role.OPS)
    stopped = await run("bulk", "stop", bulk_id, "--json", role=Role.OPS)
    watched, listed = await asyncio.gather(
        run("bulk", "watch", bulk_id, role=Role.OPS), run("bulk", "list", "--json", role=Role.OPS)
    )

    assert (confirmed.code, late.code, stopped.code, watched.code) == (0, 6, 0, 4)
    assert "grace" in confirmed.out and "is grace after" in late.err
    assert [each["status"] for each in (*stopped.lines, *listed.lines)] == ["stopped", "stopped"]


async def test_who_follows_the_log_sees_what_comes_once_and_in_order(shop: Shop, api_url: str) -> None:
    await shop.lenient_policy()
    async with receiving() as receiver:
        await endpoint(shop, receiver)
        told = {"MAKEWHOLE_URL": api_url, "MAKEWHOLE_API_KEY": shop.keys[Role.MERCHANT]}
        following = await started("events", "tail", "--every", "0.5", "--json", **told)
        assert following.stdout is not None
        seen: list[str] = []
        for order_id in ("o1", "o2"):
            await shop.order(order_id)
            refund = await shop.approved_refund(order_id)
            while "refund.completed" not in seen[-1:]:
                event = json.loads(await asyncio.wait_for(following.stdout.readline(), IN_TIME_S))
                assert event["refund_id"] == refund["refund_id"]
                seen.append(event["type"])
            told_of, seen = seen, []
        following.send_signal(signal.SIGINT)
        await following.communicate()
        await receiver.until(lambda all: [each.type for each in all].count("refund.completed") == 2)
        posted = [each.type for each in receiver.posted if each.json["data"]["refund"]["order_id"] == "o2"]

    assert told_of == posted
    assert following.returncode == 130


async def test_a_merchants_clock_is_put_forward_and_what_was_due_by_then_has_come(shop: Shop, run: Run) -> None:
    await shop.order()
    refund = await shop.until(await shop.refund(kind="return"), "awaiting_return")

    forbidden, wrong = await asyncio.gather(run("clock", "show"), run("clock", "advance", "1m", role=Role.OWNER))
    once = ("clock", "advance", "30d", "--idempotency-key", "a-month")
    advanced = await run(*once, "--json", role=Role.OWNER)
    again, shown = await run(*once, role=Role.OWNER), await run("clock", "show", "--json", role=Role.OWNER)
    seen = await run("show", refund["refund_id"], "--json")

    assert (forbidden.code, forbidden.out) == (1, "") and "forbidden" in forbidden.err
    assert wrong.code == 2 and "90min" in wrong.err
    assert (advanced.code, again.code, shown.code, advanced.err) == (0, 0, 0, "")
    month = f"PT{30 * 86_400}S"
    assert [(each["ahead"], each["left"]) for each in (*advanced.lines, *shown.lines)] == [(month, "PT0S")] * 2
    assert "ahead by 30 days" in again.out and seen.lines[0]["status"] == "expired"


async def test_a_clock_that_was_on_its_way_goes_on_when_it_is_asked_again(shop: Shop, run: Run) -> None:
    async with shop.engine.begin() as connection:
        await merchant_time.send_on(connection, shop.merchant_id, timedelta(days=3))

    unmoved = await run("clock", "show", "--json", role=Role.OWNER)
    there = await run("clock", "advance", "0s", role=Role.OWNER)

    assert (unmoved.lines[0]["ahead"], unmoved.lines[0]["left"]) == ("PT0S", f"PT{3 * 86_400}S")
    assert there.code == 0 and "ahead by 3 days" in there.out


async def test_a_clock_that_is_not_there_in_time_ends_with_its_own_exit_code() -> None:
    keys: list[bytes] = []

    async def is_slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        keys.extend(line for line in head.lower().splitlines() if line.startswith(b"idempotency-key:"))
        body = b'{"now": "2026-12-01T00:00:00Z", "ahead": "PT60S", "left": "PT86400S"}'
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n" + body)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(is_slow, "127.0.0.1", 0) as server:
        told = {"MAKEWHOLE_URL": f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", "MAKEWHOLE_API_KEY": "mk_1"}
        late = await started("clock", "advance", "2d", "--within", "2.5", **told)
        out, err = (said.decode() for said in await late.communicate())

    assert late.returncode == 6 and "ahead by 0:01:00" in out
    assert "1 day, 0:00:00 to go" in err and "not there within 2.5 s" in err
    assert len(keys) > 1 and len(set(keys)) == 1, "it is put forward once"


def test_lengths_are_read_as_people_write_them() -> None:
    assert [in_iso(said) for said in ("30d", "2w", "36h", "90min", "10s", "P1M")] == [
        *("P30D", "P2W", "PT36H", "PT90M", "PT10S"),
        "P1M",
    ]
    for said in ("", "d", "1m", "-1d", "1.5d", "1d2h"):
        with pytest.raises(typer.BadParameter):
            in_iso(said)


async def test_a_profile_is_its_owners_alone_and_keeps_address_and_key_together(
    shop: Shop, run: Run, api_url: str, tmp_path: Path
) -> None:
    key = shop.keys[Role.MERCHANT]
    kept = await run("config", "set", "--url", api_url, "--profile", "shop", "--json", typed=f"{key}\n", role=None)
    file = tmp_path / "makewhole" / "profiles.json"
    listed = await run("list", "--profile", "shop", "--json", role=None)
    shown = await run("config", "show", "--json", role=None)
    half = await run("list", role=None, MAKEWHOLE_URL="http://elsewhere.example")

    assert (kept.code, kept.lines[0]["profile"]) == (0, "shop")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600 and key in file.read_text()
    assert (listed.code, listed.out) == (0, "") and key not in shown.out + kept.out + kept.err
    assert half.code == 1 and "MAKEWHOLE_API_KEY" in half.err
    file.chmod(0o644)
    assert "chmod 600" in (await run("list", "--profile", "shop", role=None)).err
    file.chmod(0o600)
    assert (await run("config", "forget", "--profile", "shop", role=None)).code == 0
    assert key not in file.read_text()


async def test_a_shell_completes_commands_and_words(run: Run) -> None:
    commands = await run(_MAKEWHOLE_COMPLETE="complete_bash", COMP_WORDS="makewhole re", COMP_CWORD="1")
    of_bulk = await run(_MAKEWHOLE_COMPLETE="complete_bash", COMP_WORDS="makewhole bulk s", COMP_CWORD="2")
    assert commands.out.split() == ["refund", "reject"]
    of_clock = await run(_MAKEWHOLE_COMPLETE="complete_bash", COMP_WORDS="makewhole clock ", COMP_CWORD="2")
    assert of_bulk.out.split() == ["stop", "show"]
    assert of_clock.out.split() == ["show", "advance"]


def test_amounts_have_the_decimals_that_the_service_knows() -> None:
    assert {code: decimals for code, decimals in OURS.items() if decimals != 2} == DECIMALS
    assert [in_words(-123_456, code) for code in ("EUR", "JPY", "KWD")] == [
        "-1,234.56 EUR",
        "-123,456 JPY",
        "-123.456 KWD",
    ]
