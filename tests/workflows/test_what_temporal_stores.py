"""Whoever has Temporal's database reads nothing of a person in it: neither in its rows nor anywhere in its files."""

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

from temporalio.client import Client

from tests.shop import Shop
from tests.workflows.bank_desk import at, bank_desk
from tools.client import Json
from tools.stack.stack import Stack

NAME, MAIL, PHONE = "Ludmilla Plantova", "ludmilla.plantova@example.com", "+8613899990001"
ADDRESS, NOTE, BANK_ACCOUNT = "7 Planted Lane", "she cried at the counter", "9876543210998877"
PLANTED = (NAME, MAIL, PHONE, ADDRESS, NOTE, BANK_ACCOUNT)
SAID = f"{NAME}, {MAIL}, {PHONE}, {ADDRESS}: {NOTE}"
IN_CLEAR = "said at the UI by one without a key"


async def test_nothing_planted_in_a_whole_refund_is_found_in_temporals_database(
    shop: Shop, stack: Stack, tmp_path: Path
) -> None:
    paid, stuck = await a_full_return(shop), await one_whose_carrier_talks(shop)
    await as_one_without_keys(stack, shop, stuck)

    known = (paid["refund_id"], shop.merchant_id, "binary/encrypted", IN_CLEAR)
    there = found((*known, *PLANTED), stack.home.path, tmp_path)

    assert there == set(known), "what is known is found, and nothing that was planted"


async def a_full_return(shop: Shop) -> Json:
    """A guest's, with every word that people say in it, to a bank account."""
    desk = await bank_desk(shop)
    body = shop.order_body()
    del body["customer_id"]
    await shop.merchant.put("/v1/orders/o1", {**body, "guest": {"email": MAIL, "phone": PHONE}})
    account = {"holder": NAME, "account_number": BANK_ACCOUNT, "bank_code": "PLANTEDBANK"}
    refund = await desk.asked(kind="return", bank_account=account, note=SAID)
    for reviewer in (desk.first, desk.second):
        await reviewer.post(at(refund, "review"), {"decision": "approve", "note": SAID})
    await shop.until(refund, "awaiting_return")
    await shop.warehouse.post(at(refund, "receipt"), {})
    found = {"line_id": "l1", "accepted": 2, "note": SAID}
    await shop.warehouse.post(at(refund, "inspection"), {"lines": [found]})
    await shop.until(refund, "needs_attention")
    await desk.resolve(refund, "settle", note=SAID, reference=NOTE)
    return await shop.until(refund, "completed")


async def one_whose_carrier_talks(shop: Shop) -> Json:
    """A return that waits for people, since the carrier refuses it with words about its customer."""
    await shop.ops.put("/v1/sandbox/carrier", {"pickup": True, "refuses": SAID})
    await shop.order("o2")
    waiting = await shop.until_noticed(await shop.refund("o2", kind="return"))
    assert NAME in waiting["needs_attention"]["reason"]
    return waiting


async def as_one_without_keys(stack: Stack, shop: Shop, refund: Json) -> None:
    """Say something plainly: it shows that the search finds what lies there in clear."""
    description = stack.description
    plain = await Client.connect(description.temporal_address, rpc_metadata=description.temporal_credentials)
    handle = plain.get_workflow_handle(shop.workflow(refund).id)
    await handle.signal("decide", {"decision": "approve", "by": IN_CLEAR})


def found(words: Sequence[str], home: Path, room: Path) -> set[str]:
    """Which of these words lie in Temporal's files, or in a value of a row, which may lie in pieces in a file."""
    return {word for piece in _pieces(home, room) for word in words if word.encode() in piece}


def _pieces(home: Path, room: Path) -> Iterator[bytes]:
    """Of its rows SQLite makes the copy: one of its files may be torn, as the server writes on."""
    for end in ("", "-wal"):
        yield (home / f"temporal.db{end}").read_bytes()
    with sqlite3.connect(home / "temporal.db") as live, sqlite3.connect(room / "temporal.db") as copy:
        live.backup(copy)
        tables = copy.execute("select name from sqlite_master where type = 'table'").fetchall()
        for (table,) in tables:
            for row in copy.execute(f'select * from "{table}"'):  # noqa: S608 - names of the database's own
                yield b"\n".join(value if isinstance(value, bytes) else str(value).encode() for value in row)
