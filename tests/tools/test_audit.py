"""Rule 39: whoever owns the database and changes the audit trail is found by whoever kept what was exported."""

import asyncio
import base64
import json
import os
import re
import subprocess
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from db import checkpoints, journal, restores
from db.api_keys import Role
from domain.audit import tree
from domain.audit.checkpoints import Checkpoint
from domain.audit_actions import AuditAction
from service.audit_signing import Signer
from tests.shop import Shop
from tools import audit, verify_audit
from tools.stack.keys import kept_audit_key
from tools.stack.stack import CHECKPOINTS, Stack
from upkeep.checkpoint_files import CheckpointFiles
from upkeep.checkpoints import Checkpoints
from variables import AUDIT_KEYS, keys

Attack = Callable[[AsyncConnection, str], Awaitable[None]]
SIGNED_FIRST, SIGNED = 6, 12


def another_worker(stack: Stack, shop: Shop) -> Checkpoints:
    """Signs as the stack's worker does, with the same key and files, and when the test says so."""
    signer = Signer(keys({AUDIT_KEYS: kept_audit_key(stack.home)}, AUDIT_KEYS))
    return Checkpoints(shop.engine, signer, CheckpointFiles(stack.home.path / CHECKPOINTS))


async def write(shop: Shop, count: int) -> None:
    """All at once, so that no checkpoint comes between them."""
    async with shop.engine.begin() as connection:
        await chain(connection, shop.merchant_id, count)


async def chain(connection: AsyncConnection, merchant_id: str, count: int) -> None:
    """What is said in them may end lines of a text, and never a line of the trail."""
    for number in range(count):
        note = journal.Note(AuditAction.ASKED, f"note\u2028{number}\x85", "ops", {"number": number, "一": 0.1})
        await journal.record_of_customer(connection, merchant_id, f"c{number % 2}", note)
    await journal.seal(connection, merchant_id)


@pytest.fixture
async def signed(stack: Stack, shop: Shop) -> Shop:
    """A shop with twelve entries, in two checkpoints. The first are of how it was set up.

    A worker signs whatever is chained first: there are six by then.
    """
    async with shop.engine.begin() as connection:
        await journal.seal(connection, shop.merchant_id)
        set_up = len(await checkpoints.entries_after(connection, shop.merchant_id, 0, SIGNED_FIRST))
        await chain(connection, shop.merchant_id, SIGNED_FIRST - set_up)
    await another_worker(stack, shop).sign(shop.merchant_id)
    await write(shop, SIGNED - SIGNED_FIRST)
    await another_worker(stack, shop).sign(shop.merchant_id)
    return shop


async def exported(shop: Shop, stack: Stack, folder: Path) -> Path:
    key = folder.parent / "key"
    key.write_text(shop.keys[Role.OWNER])
    told = ["export", str(folder), "--api", stack.description.api_url, "--key-file", str(key)]
    assert await asyncio.to_thread(audit.main, told) == 0
    return folder


async def attacked(shop: Shop, attack: Attack) -> None:
    """As a superuser, who can switch every trigger off."""
    async with shop.engine.begin() as connection:
        await connection.execute(text("set local session_replication_role = replica"))
        await attack(connection, shop.merchant_id)


async def sql(connection: AsyncConnection, merchant_id: str, *statements: str, **values: object) -> None:
    for statement in statements:
        named = {"merchant": merchant_id, **values}
        await connection.execute(text(statement + " and merchant_id = :merchant"), named)


async def change_a_row(connection: AsyncConnection, merchant_id: str) -> None:
    await sql(connection, merchant_id, "update audit_entries set actor = 'nobody' where sequence = 5")


async def remove_a_row(connection: AsyncConnection, merchant_id: str) -> None:
    await sql(connection, merchant_id, "delete from audit_entries where sequence = 5")


async def swap_two(connection: AsyncConnection, merchant_id: str) -> None:
    move = "update audit_entries set sequence = :to where sequence = :was"
    for was, to in ((4, -1), (5, 4), (-1, 5)):
        await sql(connection, merchant_id, move, was=was, to=to)


COUNTED_AGAIN = """
update audit_counts set count = (
    select count(*) from audit_entries e
    where e.merchant_id = audit_counts.merchant_id and e.customer_id = audit_counts.customer_id
) where true
"""
HEAD_BACK = """
update audit_heads set sequence = :last, hash =
    (select hash from audit_entries e where sequence = :last and e.merchant_id = audit_heads.merchant_id) where true
"""


async def cut_the_end(connection: AsyncConnection, merchant_id: str) -> None:
    await sql(connection, merchant_id, "delete from audit_entries where sequence > 8")
    await sql(connection, merchant_id, HEAD_BACK, last=8)


async def write_anew(connection: AsyncConnection, merchant_id: str, first: int) -> None:
    """Change an entry, and chain all from there on again, with the head."""
    await sql(connection, merchant_id, "update audit_entries set actor = 'nobody' where sequence = :at", at=first)
    previous = journal.GENESIS
    for entry in await checkpoints.entries_after(connection, merchant_id, 0, 100):
        if entry["sequence"] >= first:
            chained = {**entry, "previous_hash": previous}
            links = {"previous": previous, "hash": journal.entry_hash(chained), "entry": entry["entry_id"]}
            update = "update audit_entries set previous_hash = :previous, hash = :hash where entry_id = :entry"
            await connection.execute(text(update), links)
            previous = links["hash"]
        else:
            previous = entry["hash"]
    await sql(connection, merchant_id, "update audit_heads set hash = :hash where true", hash=previous)


async def write_all_anew(connection: AsyncConnection, merchant_id: str) -> None:
    await write_anew(connection, merchant_id, 2)


async def write_anew_after_a_checkpoint(connection: AsyncConnection, merchant_id: str) -> None:
    await write_anew(connection, merchant_id, 8)


async def write_anew_and_sign(connection: AsyncConnection, merchant_id: str) -> None:
    """With a key of the attacker's own, under the name of ours."""
    await write_anew(connection, merchant_id, 2)
    await sql(connection, merchant_id, "delete from audit_blocks where true")
    last = await checkpoints.last(connection, merchant_id)
    assert last is not None
    root = (await checkpoints.grown(connection, merchant_id, 0, SIGNED)).after
    head = (await checkpoints.entries_after(connection, merchant_id, SIGNED - 1, 1))[0]["hash"]
    forger = Signer({last.checkpoint.key_id: os.urandom(32)})
    forged = replace(forger.sign(replace(last.checkpoint, root=root, head=head)), public_key=last.public_key)
    await sql(connection, merchant_id, "delete from audit_checkpoints where true")
    await checkpoints.add(connection, forged)


async def remove_before_it_is_chained(connection: AsyncConnection, merchant_id: str) -> None:
    for _ in range(3):
        note = journal.Note(AuditAction.ASKED, "", "ops", {})
        await journal.record_of_customer(connection, merchant_id, "c0", note)
    unchained = (
        "select entry_id from audit_entries where hash is null and merchant_id = :merchant order by 1 offset 1 limit 1"
    )
    middle = (await connection.execute(text(unchained), {"merchant": merchant_id})).scalar_one()
    await sql(connection, merchant_id, "delete from audit_entries where entry_id = :middle", middle=middle)


ATTACKS: dict[Attack, str] = {
    change_a_row: "^entry 5 was changed",
    remove_a_row: "^entry 5 is missing",
    swap_two: "^entry 4 was changed",
    cut_the_end: "^entries 9 to 12, signed at .* are missing",
    write_all_anew: "^of entries 1 to 6 some are not those signed at",
    write_anew_after_a_checkpoint: "^of entries 7 to 12 some are not those signed at",
    write_anew_and_sign: "^the checkpoint of 12 entries is not believed: its signature is not of that key",
    remove_before_it_is_chained: "^before entry 14 one was taken out unchained: customer_id 'c0' lacks 8",
}


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
async def test_what_the_owner_of_the_database_does_is_found_and_told_where(
    attack: Attack, signed: Shop, stack: Stack, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = await exported(signed, stack, tmp_path / "kept")
    assert audit.verify(folder) == 0
    capsys.readouterr()

    await attacked(signed, attack)

    await exported(signed, stack, folder)
    (folder / audit.EARLIER).unlink()
    assert audit.verify(folder) == 1
    assert re.search(ATTACKS[attack], capsys.readouterr().out, re.MULTILINE)
    assert not (await signed.ops.get("/v1/audit/verification"))["intact"]


async def test_with_an_earlier_export_the_entry_itself_is_named(
    signed: Shop, stack: Stack, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = await exported(signed, stack, tmp_path / "kept")
    await attacked(signed, write_all_anew)

    await exported(signed, stack, folder)

    assert audit.verify(folder) == 1
    assert "entry 2 of the earlier export is another" in capsys.readouterr().out


async def test_the_last_entry_that_is_gone_before_it_is_chained_is_missed_by_the_verification(signed: Shop) -> None:
    async def attack(connection: AsyncConnection, merchant_id: str) -> None:
        await journal.record_of_customer(connection, merchant_id, "c9", journal.Note(AuditAction.ASKED, "", "ops", {}))
        await sql(connection, merchant_id, "delete from audit_entries where customer_id = 'c9'")

    await attacked(signed, attack)

    found = await signed.ops.get("/v1/audit/verification")
    assert (found["intact"], found["broken_at"]) == (False, None)
    assert found["why"] == "of 'c9' there are 0 entries of 1 that were written"


async def test_what_is_not_anchored_yet_is_said(signed: Shop, stack: Stack, tmp_path: Path) -> None:
    await write(signed, 3)

    found = await signed.ops.get("/v1/audit/verification")
    folder = await exported(signed, stack, tmp_path / "kept")
    alone = await asyncio.to_thread(verified_alone, folder)

    assert found == {**found, "intact": True, "entries": 15, "anchored": 12, "not_anchored": 3}
    assert (alone.returncode, alone.stdout) == (0, "15 entries, 2 checkpoints; 3 entries are not anchored yet\n")


def verified_alone(folder: Path) -> "subprocess.CompletedProcess[str]":
    """As somebody does who has the one file and nothing else of ours."""
    copy = folder / "verify_audit.py"
    copy.write_text(Path(verify_audit.__file__).read_text())
    told = ["--keys", "keys.json", "--checkpoints", "checkpoints.jsonl", "trail.jsonl"]
    command = [sys.executable, copy.name, *told]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, env={"PATH": os.environ["PATH"]})


def test_the_verifier_is_read_in_one_sitting() -> None:
    assert len(Path(verify_audit.__file__).read_text().splitlines()) < 200


async def test_every_entry_that_is_signed_is_proved_and_no_other(signed: Shop, tmp_path: Path) -> None:
    keys_file, proof_file = tmp_path / "keys.json", tmp_path / "proof.json"
    keys_file.write_text((await signed.raw(Role.OPS, "GET", "/v1/audit/keys")).text)
    told = ["--keys", str(keys_file), "--proof", str(proof_file)]

    for number in range(1, SIGNED + 1):
        proof = await signed.raw(Role.OPS, "GET", f"/v1/audit/entries/{number}/proof")
        proof_file.write_text(proof.text)
        assert verify_audit.main(told) == 0
        proof_file.write_text(proof.text.replace('"actor":"ops"', '"actor":"me"'))
        assert verify_audit.main(told) == 1

    assert (await signed.raw(Role.OPS, "GET", "/v1/audit/entries/13/proof")).status_code == 404


async def test_a_database_that_is_brought_back_from_a_copy_says_so_and_what_is_gone_is_explained(
    signed: Shop, stack: Stack, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = await exported(signed, stack, tmp_path / "kept")

    async def bring_back(connection: AsyncConnection, merchant_id: str) -> None:
        """What a copy has that was taken when there were six entries."""
        await sql(
            connection,
            merchant_id,
            "delete from audit_entries where sequence > 6",
            "delete from audit_checkpoints where entries > 6",
            COUNTED_AGAIN,
        )
        await sql(connection, merchant_id, HEAD_BACK, last=6)

    await attacked(signed, bring_back)
    await another_worker(stack, signed).sign_due()
    async with signed.engine.begin() as connection:
        assert await restores.note_looked_up(connection), "it is noted, for payments of all tests"

    await exported(signed, stack, folder)
    assert audit.verify(folder) == 3
    said = capsys.readouterr().out
    assert "of entries 8 to 12 some" not in said and "explained by the checkpoint of 7, after a restore" in said
    last = (folder / audit.TRAIL).read_text().splitlines()[-1]
    assert '"action": "trail_brought_back"' in last and '"signed_entries": 12' in last
    assert (await signed.ops.get("/v1/audit/verification"))["intact"]


async def test_a_checkpoint_that_was_removed_is_put_back_from_outside(signed: Shop, stack: Stack) -> None:
    async def remove(connection: AsyncConnection, merchant_id: str) -> None:
        await sql(connection, merchant_id, "delete from audit_checkpoints where entries > 6")

    before = await signed.ops.get("/v1/audit/checkpoints")
    await attacked(signed, remove)
    await another_worker(stack, signed).sign(signed.merchant_id)

    assert await signed.ops.get("/v1/audit/checkpoints") == before


async def test_nothing_is_signed_over_a_trail_that_does_not_fit_and_operations_are_told(
    signed: Shop, stack: Stack
) -> None:
    await attacked(signed, change_a_row)
    await write(signed, 1)
    await attacked(
        signed,
        lambda connection, merchant_id: sql(
            connection, merchant_id, "update audit_entries set actor = 'nobody' where sequence = 13"
        ),
    )

    await another_worker(stack, signed).sign(signed.merchant_id)

    listed = await signed.ops.get("/v1/audit/checkpoints")
    assert [each["entries"] for each in listed["items"]] == [6, 12]
    told = [each["body"] for each in (await signed.ops.get("/v1/inbox"))["items"]]
    assert told == ["entry 13 does not fit the one before."]


async def test_an_old_key_is_kept_and_the_new_one_signs(signed: Shop, stack: Stack, tmp_path: Path) -> None:
    new = f"new:{base64.b64encode(os.urandom(32)).decode()}"
    signer = Signer(keys({AUDIT_KEYS: f"{new} {kept_audit_key(stack.home)}"}, AUDIT_KEYS))
    await write(signed, 1)

    await Checkpoints(signed.engine, signer, None).sign(signed.merchant_id)

    folder = await exported(signed, stack, tmp_path / "kept")
    assert '"key_id": "new"' in (folder / audit.KEYS).read_text()
    assert audit.verify(folder) == 0


async def test_the_trail_is_exported_piece_by_piece(signed: Shop) -> None:
    whole = (await signed.raw(Role.OPS, "GET", "/v1/audit/export")).text
    first = (await signed.raw(Role.OPS, "GET", "/v1/audit/export?limit=5")).text
    rest = (await signed.raw(Role.OPS, "GET", "/v1/audit/export?cursor=5")).text

    assert first + rest == whole and first.count("\n") == 5


def test_only_workers_are_told_the_key_and_only_its_owner_reads_the_files(stack: Stack) -> None:
    for name in ("audit-key", CHECKPOINTS):
        assert (stack.home.path / name).stat().st_mode & 0o077 == 0


def test_what_can_not_be_read_is_not_called_whole(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify_audit.main(["--keys", str(tmp_path / "none"), "--checkpoints", "c", "t"]) == 2
    assert "can't be read" in capsys.readouterr().err


@pytest.mark.parametrize(("merchant_id", "exit_code"), [("acme", 0), ("another", 1)])
def test_what_was_signed_of_another_merchant_proves_nothing(tmp_path: Path, merchant_id: str, exit_code: int) -> None:
    entry = {"merchant_id": "acme", "sequence": 1, "previous_hash": journal.GENESIS, "actor": "ops"}
    entry["hash"] = verify_audit.sha256(verify_audit.canonical(entry, "hash")).hex()
    signer, root = Signer({"k": bytes(32)}), tree.leaf(str(entry["hash"])).hex()
    signed = signer.sign(Checkpoint(merchant_id, 1, root, str(entry["hash"]), datetime(2026, 1, 2, tzinfo=UTC), "k"))
    keys_file, proof, trail, kept = (tmp_path / name for name in ("keys", "proof", "trail", "checkpoints"))
    keys_file.write_text(json.dumps({"items": [{"key_id": "k", "public_key": signed.public_key}]}))
    proof.write_text(json.dumps({"entry": entry, "path": [], "checkpoint": json.loads(signed.line)}))
    trail.write_text(json.dumps(entry))
    kept.write_text(signed.line)

    assert verify_audit.main(["--keys", str(keys_file), "--proof", str(proof)]) == exit_code
    assert verify_audit.main(["--keys", str(keys_file), "--checkpoints", str(kept), str(trail)]) == exit_code
