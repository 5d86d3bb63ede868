"""The copy of the database that docs/operations.md has people make, brought back by the commands that it gives."""

import os
import secrets
import subprocess
from pathlib import Path

import psycopg
from sqlalchemy import make_url

from db.migrate import upgrade
from tests.shop import Shop
from tools.stack.as_root import PROGRAMS
from tools.stack.data_location import installed
from tools.stack.stack import Stack

MANUAL = Path(__file__).parents[2] / "docs" / "operations.md"
TABLES = "select schemaname || '.' || tablename from pg_tables where schemaname in ('public', 'sandbox') order by 1"


def run(program: str, url: str, folder: Path) -> None:
    """Run the one command of the manual's section on copies that begins with this program."""
    _, section = MANUAL.read_text(encoding="utf-8").split("\n## Copies, and the way back\n")
    (command,) = [line for line in section.partition("\n## ")[0].splitlines() if line.startswith(f"    {program} ")]
    told = {
        "PATH": f"{installed() / PROGRAMS}{os.pathsep}{os.environ['PATH']}",
        "MAKEWHOLE_OWNER_DATABASE_URL": url,
    }
    done = subprocess.run(["sh", "-euc", command], cwd=folder, env=told, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


async def test_a_copy_comes_back_into_an_empty_database_with_all_that_was_in_it(
    shop: Shop, stack: Stack, tmp_path: Path
) -> None:
    await shop.order()
    refund = await shop.approved_refund()
    there, name = stack.description.owner_database_url, f"copy_{secrets.token_hex(4)}"
    back, as_programs = (
        make_url(url).set(database=name).render_as_string(hide_password=False)
        for url in (there, stack.description.database_url)
    )

    run("pg_dump", there, tmp_path)
    with psycopg.connect(there, autocommit=True) as server:
        tables = server.execute(TABLES).fetchall()
        server.execute(f"create database {name}".encode())
        try:
            run("psql", back, tmp_path)
            upgrade(back, as_programs)
            with psycopg.connect(back) as copy:
                assert copy.execute(TABLES).fetchall() == tables
            with psycopg.connect(as_programs) as copy:
                copy.execute("set makewhole.merchant = '*'")
                asked = "select status, (select count(*) from sandbox.refunds where merchant_id = %s) from refunds"
                found = copy.execute(f"{asked} where refund_id = %s", (shop.merchant_id, refund["refund_id"]))
                assert found.fetchall() == [("completed", 1)]
        finally:
            server.execute(f"drop database {name} with (force)".encode())
