"""`python -m api.archives --merchant M [--kind K] [--month 2026-01]` lists a merchant's archives, or reads them.

With `--lines` the lines of those archives, as they were in the tables but for what is personal; else one line of JSON
for each part, with the name of its file. It has the settings of the workers.
"""

import argparse
import asyncio
import gzip
import hashlib
import json
import sys
from collections.abc import AsyncIterator
from datetime import date

from db import archives
from db.archives import Archived, ArchivePart
from db.engine import open_engine
from db.whose import of_merchant
from domain import spelling
from gateways.files.port import FileStore, StoreDown
from gateways.files.registry import open_store
from gateways.files.shelves import ARCHIVES
from settings import SettingMissing, Settings


class ArchiveLost(Exception):
    """A file is not where it was stored, or is not what was stored."""


async def parts(settings: Settings, merchant_id: str, kind: Archived | None, month: date | None) -> list[ArchivePart]:
    """List what is stored; raises ValueError for what no merchant is called."""
    engine = open_engine(settings.database_url, pool_size=1)
    try:
        with of_merchant(spelling.merchant_identifier(merchant_id)):
            async with engine.connect() as connection:
                return await archives.parts_of(connection, merchant_id, kind, month)
    finally:
        await engine.dispose()


async def lines_of(store: FileStore, those: list[ArchivePart]) -> AsyncIterator[str]:
    """Read files, one after another; raises ArchiveLost and StoreDown."""
    for part in those:
        content = await store.get(part.name)
        if content is None:
            raise ArchiveLost(f"{part.name} is not there")
        lines = gzip.decompress(content)
        if hashlib.sha256(lines).hexdigest() != part.sha256:
            raise ArchiveLost(f"{part.name} is not what was stored")
        for line in lines.decode().split("\n")[:-1]:
            yield line


def listed(part: ArchivePart) -> str:
    of = part.month
    names = {"merchant_id": of.merchant_id, "kind": of.kind, "month": f"{of.month:%Y-%m}", "part": part.number}
    return json.dumps({**names, "lines": part.lines, "sha256": part.sha256, "name": part.name})


def main(arguments: list[str]) -> int:
    wanted = _parser().parse_args(arguments)
    try:
        asyncio.run(_show(Settings.from_environment(), wanted))
    except (SettingMissing, ValueError, OSError, ArchiveLost, StoreDown) as refused:
        print(refused, file=sys.stderr)
        return 1
    return 0


async def _show(settings: Settings, wanted: argparse.Namespace) -> None:
    kind = Archived(wanted.kind) if wanted.kind else None
    month = date.fromisoformat(f"{wanted.month}-01") if wanted.month else None
    found = await parts(settings, wanted.merchant, kind, month)
    if not wanted.lines:
        for part in found:
            print(listed(part))
        return
    store = open_store(settings.files, ARCHIVES)
    if store is None:
        raise SettingMissing("neither MAKEWHOLE_ARCHIVE_FOLDER nor MAKEWHOLE_ARCHIVE_S3_BUCKET is set")
    async for line in lines_of(store, found):
        print(line)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m api.archives", description="List a merchant's archives, or read them."
    )
    parser.add_argument("--merchant", required=True, metavar="M")
    parser.add_argument("--kind", choices=[kind.value for kind in Archived])
    parser.add_argument("--month", metavar="2026-01")
    parser.add_argument("--lines", action="store_true", help="the lines of these archives")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
