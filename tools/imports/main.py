"""`make import`: read the files of one source, push what can be expressed, and say of the rest where and why not.

The API's address and key are `MAKEWHOLE_API_URL` and `MAKEWHOLE_API_KEY`, else those of the stack that runs here. The
last line is one JSON object; exits with 0 only if nothing was refused. The same files twice change nothing.
"""

import argparse
import asyncio
import json
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

from importers.outcome import Notes, Read
from importers.tenders import Tenders, Way
from settings import StackSettings
from tools.client import Api, Broken, NotInTime, open_http
from tools.imports.reading import Source, read
from tools.imports.sending import Sent, check, send

_WHERE = "set MAKEWHOLE_API_URL and MAKEWHOLE_API_KEY, or start a stack with make up"


def main(arguments: list[str]) -> int:
    """Import; return 0 only if everything was taken."""
    asked = _parsed(arguments)
    found = read(asked.source, asked.files, Tenders(dict(asked.gateway)))
    _tell(found.notes)
    try:
        sent = check(found.orders) if asked.check else asyncio.run(_send(StackSettings.from_environment(), found))
    except (Broken, NotInTime) as failed:
        print(f"the import was not finished, run it again: {failed}", file=sys.stderr)
        return 2
    except (OSError, KeyError) as failed:
        print(f"there is no API to push to ({failed}): {_WHERE}", file=sys.stderr)
        return 2
    print(json.dumps(_figures(asked.source, found, sent), ensure_ascii=False))
    return 1 if found.refused or sent.refused else 0


def _parsed(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools import", description="orders and past refunds of others")
    parser.add_argument("--from", dest="source", type=Source, choices=list(Source), required=True)
    parser.add_argument(
        "--gateway",
        type=_way,
        action="append",
        default=[],
        metavar="NAME=METHOD[:GATEWAY]",
        help="what they call NAME was paid by METHOD through GATEWAY here; other: handed back by the merchant",
    )
    parser.add_argument("--check", action="store_true", help="read and say what would be pushed; push nothing")
    parser.add_argument("files", nargs="+", type=Path)
    return parser.parse_args(arguments)


def _way(said: str) -> tuple[str, Way]:
    name, _, way = said.rpartition("=")
    try:
        return name, Way.read(way)
    except ValueError as wrong:
        raise argparse.ArgumentTypeError(str(wrong)) from wrong


async def _send(settings: StackSettings, found: Read) -> Sent:
    environment = settings.environment
    address, key = environment.get("MAKEWHOLE_API_URL", ""), environment.get("MAKEWHOLE_API_KEY", "")
    if not address or not key:
        stack: dict[str, Any] = json.loads((settings.home / "stack.json").read_text(encoding="utf-8"))
        address, key = address or stack["api_url"], key or stack["keys"]["merchant"]
    async with open_http(address) as http:
        return await send(Api(http, key), found.orders)


def _tell(notes: Notes) -> None:
    """Nothing is left out in silence."""
    reasons: dict[str, list[str]] = defaultdict(list)
    for field, why in notes.ignored.items():
        reasons[why].append(field)
    for why, fields in sorted(reasons.items()):
        print(f"left out, {why}: {' '.join(sorted(fields))}")
    if notes.unread:
        print(f"not known here, and no money: {' '.join(sorted(notes.unread))}")


def _figures(source: Source, found: Read, sent: Sent) -> dict[str, Any]:
    refused = [*found.refused, *sent.refused]
    return {
        "source": source,
        "orders": sent.orders,
        "refunds": sent.refunds,
        "disputes": sent.disputes,
        "refused": [{"order_id": each.order_id, "path": each.path, "why": each.why} for each in refused],
        "left_out": len(found.notes.ignored),
        "unread": sorted(found.notes.unread),
    }
