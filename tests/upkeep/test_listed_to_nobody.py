"""Postgres came back from a copy, and Adyen lists its refunds to nobody: a person is asked once a payment (rule 36)."""

import asyncio
import os
import secrets
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from db import journal, restores
from domain import clock
from proof.chaos.older_postgres import copy_postgres, restore_postgres, start_temporal_empty
from service.audit_signing import Signer
from tests.gateways.adyen_party import secrets_of_account, told_of_account
from tests.gateways.stripe_party import running
from tests.over_http import asking
from tests.shop import Shop, a_line, a_payment
from tests.upkeep.scenes import at
from tools.client import Json
from tools.stack.keys import kept_audit_key
from tools.stack.stack import CHECKPOINTS, Stack
from upkeep.checkpoint_files import CheckpointFiles
from upkeep.checkpoints import Checkpoints
from variables import AUDIT_KEYS, OWNER_DATABASE_URL, keys

ROOT = Path(__file__).parents[2]
UNITS, UNIT = 4, 60_00


@dataclass
class AtAdyen:
    """A shop whose payments are in a merchant account at Adyen: our own peer."""

    shop: Shop
    theirs: httpx.AsyncClient
    api_key: str

    async def sold(self, order_id: str, **fields: str | None) -> None:
        amount = {"currency": "CNY", "value": UNITS * UNIT}
        charge = (await self._post("charges", amount=amount, course="SUCCEEDS"))["charge"]
        payments = [{**a_payment("p1", UNITS * UNIT, charge), "gateway": "cards"}]
        lines = [a_line("l1", quantity=UNITS, unit_price=UNIT)]
        await self.shop.order(order_id, lines=lines, payments=payments, **fields)

    async def sold_now(self, order_id: str) -> None:
        now = clock.now().isoformat()
        await self.sold(order_id, status="paid", placed_at=now, paid_at=now, delivered_at=None)

    async def asked(self, order_id: str) -> Json:
        return await self.shop.refund(order_id, lines=[{"line_id": "l1", "quantity": 1}])

    async def answer(self, refund: Json, action: str, **fields: str) -> Json:
        said = {"step": "pay_out", "action": action, "note": "looked there", **fields}
        await self.shop.ops.post(at(refund, "resolution"), said)
        return await self.shop.until(refund, "completed")

    async def paid_back(self) -> list[str]:
        """Name the refunds that they have, in their words."""
        return [reference for _, _, reference, _, _ in (await self._post("refunds"))["refunds"]]

    async def forget_keys(self) -> None:
        await self._post("forget")

    async def _post(self, what: str, **said: object) -> Json:
        body = {"account": self.api_key, **said}
        made: Json = (await self.theirs.post(f"/_peer/{what}", json=body)).raise_for_status().json()
        return made


@pytest.fixture
async def adyen(own_shop: Shop, adyen_address: str) -> AsyncIterator[AtAdyen]:
    async with own_shop.engine.begin() as connection:
        await restores.note_looked_up(connection)  # an earlier test may have brought the stack's database back
    port = urlsplit(adyen_address).port or 0
    kept, name = secrets_of_account(), f"Kettles{secrets.token_hex(4)}ECOM"
    body = {"adapter": "adyen", "account": name, "base_address": adyen_address, "secrets": kept}
    async with (
        running(sys.executable, "-m", "tests.gateways.adyen_peer", "PORT", port=port),
        asking(adyen_address) as theirs,
    ):
        told = await own_shop.owner.put("/v1/gateways/cards", body)
        notify = f"{str(own_shop.http.base_url).rstrip('/')}{told['callback_path']}"
        await told_of_account(theirs, name, kept, notify)
        yield AtAdyen(own_shop, theirs, kept["api_key"])


async def test_what_was_paid_back_in_the_lost_hour_is_looked_up_by_a_person_and_not_paid_again(
    adyen: AtAdyen, own_shop: Shop, own_stack: Stack
) -> None:
    await adyen.sold("o1")
    copy = own_stack.home.path / "postgres.copy"
    await copy_postgres(own_stack.description.owner_database_url, copy)
    await own_shop.until(await adyen.asked("o1"), "completed")
    [lost] = await adyen.paid_back()
    await signed(own_shop, own_stack)
    await adyen.forget_keys()
    await restore_postgres(own_stack, copy, end_runs=start_temporal_empty)
    await own_shop.engine.dispose()

    again = await own_shop.until_noticed(await adyen.asked("o1"))
    assert again["needs_attention"]["reason"] == "p1 was declined: unknown_refund"
    assert "in Adyen's Customer Area" in said_in(again)
    assert await adyen.paid_back() == [lost]
    await adyen.answer(again, "settle", reference=lost)
    assert await adyen.paid_back() == [lost]

    other = await own_shop.until_noticed(await adyen.asked("o1"))
    await adyen.answer(other, "retry")
    assert len(await adyen.paid_back()) == 2
    await own_shop.until(await adyen.asked("o1"), "completed")
    await adyen.sold_now("o2")
    await own_shop.until(await adyen.asked("o2"), "completed")
    assert len(await adyen.paid_back()) == 4


async def test_where_no_checkpoints_are_kept_people_note_that_it_came_back_and_that_they_have_looked(
    adyen: AtAdyen, own_shop: Shop, own_stack: Stack
) -> None:
    await adyen.sold("o1")
    await note(own_stack, "brought-back")

    stopped = await own_shop.until_noticed(await adyen.asked("o1"))
    assert await adyen.paid_back() == []
    await note(own_stack, "looked-up")

    await own_shop.until(await adyen.asked("o1"), "completed")
    await adyen.answer(stopped, "retry")
    assert len(await adyen.paid_back()) == 2
    told = [each for each in (await own_shop.ops.get("/v1/audit"))["items"] if each["actor"] == "command line"]
    assert [each["action"] for each in told] == ["database_brought_back", "database_looked_up"]
    assert all(each["detail"]["user"] for each in told)


async def signed(shop: Shop, stack: Stack) -> None:
    """What the stack's worker does every five minutes."""
    async with shop.engine.begin() as connection:
        await journal.seal(connection, shop.merchant_id)
    signer = Signer(keys({AUDIT_KEYS: kept_audit_key(stack.home)}, AUDIT_KEYS))
    await Checkpoints(shop.engine, signer, CheckpointFiles(stack.home.path / CHECKPOINTS)).sign(shop.merchant_id)


async def note(stack: Stack, what: str) -> None:
    urls = {
        OWNER_DATABASE_URL: stack.description.owner_database_url,
        "MAKEWHOLE_DATABASE_URL": stack.description.database_url,
    }
    command = [sys.executable, "-m", "db", what]
    await asyncio.to_thread(subprocess.run, command, cwd=ROOT, env={**os.environ, **urls}, check=True)


def said_in(refund: Json) -> str:
    """The words of the timeline about the share that is not paid back."""
    [declined] = [each["message"] for each in refund["timeline"] if each["event"] == "payout_declined"]
    return str(declined)
