"""A third party says when a checkpoint was there; whatever it does, checkpoints are signed (rule 39)."""

import base64
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from db import time_stamps
from gateways.time_stamps import NotStamped, TimeStampAuthority
from tests.shop import Shop
from tests.tools.authority import StampingAuthority, authority
from tests.tools.test_audit import another_worker, exported, write
from tools import audit
from tools.stack.stack import Stack
from upkeep.time_stamps import EVERY, TimeStamps
from variables import web_address


@pytest.fixture
async def stamping(tmp_path: Path) -> AsyncIterator[StampingAuthority]:
    async with authority(tmp_path / "authority") as ours:
        yield ours


async def checkpoint(stack: Stack, shop: Shop) -> None:
    await write(shop, 3)
    await another_worker(stack, shop).sign(shop.merchant_id)


async def stamp(shop: Shop, url: str) -> None:
    """As the keeper does, for this shop alone: others' checkpoints are not ours to wait for."""
    stamps = TimeStamps(shop.engine, TimeStampAuthority(url))
    async with shop.engine.connect() as connection:
        due = await time_stamps.due(connection, EVERY, 10_000)
    for each in (each for each in due if each.merchant_id == shop.merchant_id):
        await stamps.stamp(each)


async def test_a_checkpoint_is_stamped_and_an_auditor_sees_by_whom_with_openssl_alone(
    shop: Shop, stack: Stack, stamping: StampingAuthority, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await checkpoint(stack, shop)
    await stamp(shop, stamping.url)
    await checkpoint(stack, shop)
    await stamp(shop, stamping.url)  # within the hour: the last one holds it too, and is stamped later

    folder = await exported(shop, stack, tmp_path / "kept")
    assert audit.verify(folder) == 0
    assert " checkpoints, 1 with a time stamp; " in capsys.readouterr().out
    (stamped,) = [json.loads(line) for line in (folder / audit.TIME_STAMPS).read_text().splitlines()]
    kept = [json.loads(line) for line in (folder / audit.CHECKPOINTS).read_text().splitlines()]
    (signature,) = [base64.b64decode(each["signature"]) for each in kept if each["entries"] == stamped["entries"]]
    token = base64.b64decode(stamped["token"])
    assert "Verification: OK" in stamping.verify(token, signature)
    assert "Verification: FAILED" in stamping.verify(token, signature + b"!")


async def test_a_stamp_of_something_else_is_told_by_the_verifier(
    shop: Shop, stack: Stack, stamping: StampingAuthority, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await checkpoint(stack, shop)
    token = await TimeStampAuthority(stamping.url).stamp(b"of something else")
    folder = await exported(shop, stack, tmp_path / "kept")
    stamps = [{"entries": 3, "token": base64.b64encode(token).decode()}]
    (folder / audit.TIME_STAMPS).write_text("".join(json.dumps(each) + "\n" for each in stamps))

    assert audit.verify(folder) == 1
    assert "the time stamp of 3 entries is of no checkpoint given" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("answer", "why"),
    [(b"", "no time stamp"), (b"x" * 100_000, "too long"), (b"\x30\x05\x30\x03\x02\x01\x02", "status 2")],
)
async def test_an_authority_that_does_not_stamp_is_told_of_and_nothing_is_kept_for_a_stamp(
    stamping: StampingAuthority, answer: bytes, why: str
) -> None:
    stamping.answers_instead = answer

    with pytest.raises(NotStamped, match=why):
        await TimeStampAuthority(stamping.url).stamp(b"said")


async def test_a_stamp_that_was_given_before_is_not_taken_for_a_new_one(stamping: StampingAuthority) -> None:
    asked = TimeStampAuthority(stamping.url)
    stamping.answers_instead = await asked.stamp(b"said")

    with pytest.raises(NotStamped, match="something else"):
        await asked.stamp(b"said")


async def test_an_authority_that_is_away_keeps_no_checkpoint_from_being_signed_and_is_seen(
    shop: Shop, stack: Stack, caplog: pytest.LogCaptureFixture
) -> None:
    nobody = TimeStamps(shop.engine, TimeStampAuthority("http://127.0.0.1:1/tsr"))

    await checkpoint(stack, shop)
    is_done = await nobody.stamp_due()
    await checkpoint(stack, shop)

    assert not is_done and "get no time stamp" in caplog.text
    assert len((await shop.ops.get("/v1/audit/checkpoints"))["items"]) >= 2


def test_what_is_no_address_is_refused_at_the_start() -> None:
    assert web_address({}, "MAKEWHOLE_TIME_STAMP_URL", "it") == ""
    for wrong in ("freetsa.org", "ftp://tsa.example", "https://"):
        with pytest.raises(ValueError, match="no address"):
            web_address({"MAKEWHOLE_TIME_STAMP_URL": wrong}, "MAKEWHOLE_TIME_STAMP_URL", "it")
