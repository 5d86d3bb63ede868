"""`make audit TO=folder` exports the audit trail with its checkpoints and keys, and verifies what was exported.

    python -m tools audit export folder [--api https://… --key-file key]
    python -m tools audit verify folder

Without an address it asks the stack of `make up`. What the folder has of checkpoints and keys stays: what was exported
once is held against what the database says now. The trail of the time before is `earlier.jsonl`.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx

from settings import StackSettings
from tools import verify_audit
from tools.client import Json
from tools.stack.stack import DESCRIPTION

TRAIL, EARLIER, CHECKPOINTS, KEYS = "trail.jsonl", "earlier.jsonl", "checkpoints.jsonl", "keys.json"
TIME_STAMPS = "time_stamps.jsonl"


class OtherKey(Exception):
    """A key has the id of another that was exported before."""


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools audit")
    parser.add_argument("what", choices=["export", "verify"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--api", help="the API's address; the stack of `make up` without it")
    parser.add_argument("--key-file", type=Path, help="a file with an API key of the role ops or owner")
    asked = parser.parse_args(arguments)
    if asked.what == "verify":
        return verify(asked.folder)
    try:
        with _http(asked) as http:
            count = export(http, asked.folder)
    except (OSError, httpx.HTTPError, OtherKey) as trouble:
        print(f"the audit trail was not exported: {trouble}", file=sys.stderr)
        return 2
    print(f"{count} entries are in {asked.folder / TRAIL}")
    return 0


def _http(asked: argparse.Namespace) -> httpx.Client:
    if asked.api:
        address, key = asked.api, asked.key_file.read_text(encoding="utf-8").strip()
    else:
        described = StackSettings.from_environment().home / DESCRIPTION
        stack = json.loads(described.read_text(encoding="utf-8"))
        address, key = stack["api_url"], stack["keys"]["ops"]
    headers = {"Authorization": f"Bearer {key}"}
    return httpx.Client(base_url=address, headers=headers, trust_env=False, timeout=60.0)


def export(http: httpx.Client, folder: Path) -> int:
    """Write the trail anew, and add what there is of new checkpoints and keys; return how many entries there are.

    Raises OtherKey.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _add_keys(folder / KEYS, _answer(http, "/v1/audit/keys")["items"])
    pages = list(_checkpoints(http))
    _add(folder / CHECKPOINTS, (each for page in pages for each in page["items"]))
    _add(folder / TIME_STAMPS, (each for page in pages for each in page["time_stamps"]))
    draft, count = folder / f"{TRAIL}.new", 0
    with draft.open("w", encoding="utf-8") as file:
        for line in _trail(http):
            file.write(line + "\n")
            count += 1
    if (folder / TRAIL).exists():
        (folder / TRAIL).replace(folder / EARLIER)
    draft.replace(folder / TRAIL)
    return count


def _trail(http: httpx.Client) -> Iterator[str]:
    last = "0"
    while True:
        before = last
        with http.stream("GET", "/v1/audit/export", params={"cursor": last}) as answer:
            answer.raise_for_status()
            for line in _lines(answer):
                yield line
                last = str(json.loads(line)["sequence"])
        if last == before:
            return


def _lines(answer: httpx.Response) -> Iterator[str]:
    """Cut an answer at newlines alone: an entry may hold whatever else ends a line of a text."""
    begun = b""
    for piece in answer.iter_bytes():
        *whole, begun = (begun + piece).split(b"\n")
        yield from (line.decode() for line in whole)
    if begun:
        yield begun.decode()


def _checkpoints(http: httpx.Client) -> Iterator[Json]:
    cursor: str | None = "0"
    while cursor is not None:
        page = _answer(http, "/v1/audit/checkpoints", cursor=cursor)
        yield page
        cursor = page["next"]


def _answer(http: httpx.Client, path: str, **query: str) -> Json:
    told: Json = http.get(path, params=query).raise_for_status().json()
    return told


def _add(path: Path, found: Iterator[Json]) -> None:
    known = set(path.read_text(encoding="utf-8").split("\n")) if path.exists() else set()
    lines = (json.dumps(each, sort_keys=True, ensure_ascii=False) for each in found)
    with path.open("a", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in lines if line not in known)


def _add_keys(path: Path, found: list[Json]) -> None:
    kept = json.loads(path.read_text(encoding="utf-8"))["items"] if path.exists() else []
    known = {each["key_id"]: each["public_key"] for each in kept}
    for each in found:
        if known.setdefault(each["key_id"], each["public_key"]) != each["public_key"]:
            raise OtherKey(f"the key {each['key_id']!r} is not the one that {path} has from before")
    items = [{"key_id": key_id, "public_key": key} for key_id, key in known.items()]
    path.write_text(json.dumps({"items": items}, indent=2) + "\n", encoding="utf-8")


def verify(folder: Path) -> int:
    """Verify what a folder has, as `verify_audit.py` does alone."""
    told = ["--keys", str(folder / KEYS), "--checkpoints", str(folder / CHECKPOINTS), str(folder / TRAIL)]
    for name, file in (("--earlier", folder / EARLIER), ("--time-stamps", folder / TIME_STAMPS)):
        told += [name, str(file)] if file.exists() else []
    return verify_audit.main(told)
