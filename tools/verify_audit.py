#!/usr/bin/env python3
"""Verifies an exported audit trail of makewhole; needs Python, `cryptography`, and nothing of makewhole.

    verify_audit.py --keys keys.json --checkpoints kept.jsonl trail.jsonl [--earlier old.jsonl] [--time-stamps t.jsonl]
    verify_audit.py --keys keys.json --proof proof.json

Checkpoints and keys are those that you exported and kept, not what the database says now; so is an `--earlier` export,
with which the place of a change is told to the entry. Exit codes: 0 all fits; 1 somebody changed the trail; 2 what was
given can't be read; 3 it differs from what was signed, as a checkpoint says that was signed after a restore.
"""

import argparse
import base64
import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

Json = dict[str, Any]
CONTEXT = b"makewhole audit checkpoint 1\n"
GENESIS = "0" * 64


def canonical(said: Json, without: str) -> bytes:
    rest = {name: value for name, value in said.items() if name != without}
    return json.dumps(rest, sort_keys=True, ensure_ascii=False).encode()


def lines(path: str) -> Iterator[Json]:
    with Path(path).open(encoding="utf-8") as file:
        yield from (json.loads(line) for line in file if line.strip())


def sha256(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


class Tree:
    """RFC 6962, one leaf after the other: only the roots of full subtrees are kept."""

    def __init__(self) -> None:
        self.peaks: list[tuple[int, bytes]] = []

    def add(self, hashed: bytes) -> None:
        height = 0
        while self.peaks and self.peaks[-1][0] == height:
            hashed, height = sha256(b"\1", self.peaks.pop()[1], hashed), height + 1
        self.peaks.append((height, hashed))

    def root(self) -> str:
        hashed = self.peaks[-1][1]
        for _, left in reversed(self.peaks[:-1]):
            hashed = sha256(b"\1", left, hashed)
        return hashed.hex()


def wrong_signature(checkpoint: Json, keys: dict[str, str]) -> str | None:
    """Why nobody has to believe a checkpoint."""
    if (key := keys.get(checkpoint["key_id"])) is None:
        return f"it is signed with {checkpoint['key_id']!r}, which is none of the keys that were given"
    try:
        public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key))
        public.verify(base64.b64decode(checkpoint["signature"]), CONTEXT + canonical(checkpoint, "signature"))
    except (InvalidSignature, ValueError):
        return "its signature is not of that key"
    return None


class Report(list[tuple[str, bool]]):
    """What was found, and whether a restore explains it."""

    def note(self, finding: str, replacing: Json | None = None) -> None:
        why = f": explained by the checkpoint of {replacing['entries']}, after a restore" if replacing else ""
        self.append((finding + why, replacing is not None))


def restore_that_explains(entry: int, checkpoints: list[Json]) -> Json | None:
    """Find the checkpoint that was signed after a restore which this entry was lost in."""
    those = (it for it in checkpoints if (gone := it["replaces"]) and gone["after"] < entry <= gone["entries"])
    return next(those, None)


def verify(trail: str, checkpoints: list[Json], report: Report) -> tuple[int, int]:
    """Hold a trail against checkpoints that are signed; return how many entries it has, and how many are anchored."""
    tree, count, previous, held = Tree(), 0, GENESIS, 0
    numbers: dict[tuple[str, str], int] = {}
    pending = sorted(checkpoints, key=lambda each: (each["entries"], each["at"]))
    for entry in lines(trail):
        count += 1
        hashed = sha256(canonical(entry, "hash"))
        if entry["sequence"] != count:
            report.note(f"entry {count} is missing or not in its place: there is {entry['sequence']}")
            count = entry["sequence"]
        if hashed.hex() != entry["hash"]:
            report.note(f"entry {count} was changed: its hash is not what it says")
        elif entry["previous_hash"] != previous:
            report.note(f"entry {count} does not follow the one before: what stood there was changed or taken out")
        number_is_next(entry, count, numbers, report)
        previous = entry["hash"]
        tree.add(sha256(b"\0", hashed))
        while pending and pending[0]["entries"] <= count:
            held = compared(pending.pop(0), (entry["merchant_id"], tree.root(), previous), held, checkpoints, report)
    for each in pending:
        cut = f"entries {count + 1} to {each['entries']}, signed at {each['at']}, are missing: the end was cut off"
        report.note(cut, restore_that_explains(each["entries"], checkpoints))
    return count, held


def number_is_next(entry: Json, place: int, numbers: dict[tuple[str, str], int], report: Report) -> None:
    """Entries of a refund's story, and all others of a customer, are numbered as they are written, before the chain."""
    for name, of in (("refund_number", "refund_id"), ("customer_number", "customer_id")):
        if name in entry:
            series = (of, entry[of])
            if entry[name] != (expected := numbers.get(series, 0) + 1):
                report.note(f"before entry {place} one was taken out unchained: {of} {entry[of]!r} lacks {expected}")
            numbers[series] = entry[name]


def compared(checkpoint: Json, found: tuple[str, ...], held: int, checkpoints: list[Json], report: Report) -> int:
    """Compare a checkpoint with the trail so far; return up to where the trail is what was signed of its merchant."""
    if (checkpoint["merchant_id"], checkpoint["root"], checkpoint["head"]) == found:
        return int(checkpoint["entries"])
    finding = f"of entries {held + 1} to {checkpoint['entries']} some are not those signed at {checkpoint['at']}"
    report.note(finding, restore_that_explains(checkpoint["entries"], checkpoints))
    return held


def compare(earlier: str, trail: str, checkpoints: list[Json], report: Report) -> None:
    """Name the first entry that an earlier export has otherwise."""
    now = lines(trail)
    for number, was in enumerate(lines(earlier), start=1):
        if (there := next(now, None)) != was:
            finding = f"entry {number} of the earlier export {'is another' if there else 'is missing'}"
            report.note(finding, restore_that_explains(number, checkpoints))
            return


def stamped(path: str, checkpoints: list[Json], report: Report) -> str:
    """Say how many a third party has stamped (RFC 3161); when, and who that is, `openssl ts -verify` says."""
    shown, tokens = [sha256(base64.b64decode(each["signature"])) for each in checkpoints], list(lines(path))
    strange = [it for it in tokens if not any(hashed in base64.b64decode(it["token"]) for hashed in shown)]
    report.extend((f"the time stamp of {it['entries']} entries is of no checkpoint given", False) for it in strange)
    return f", {len(tokens) - len(strange)} with a time stamp"


def proof_fits(proof: Json, keys: dict[str, str], report: Report) -> None:
    """Fold an inclusion proof (RFC 9162, 2.1.3.2)."""
    checkpoint, entry = proof["checkpoint"], proof["entry"]
    index, last = entry["sequence"] - 1, checkpoint["entries"] - 1
    hashed = sha256(b"\0", sha256(canonical(entry, "hash")))
    for each in map(bytes.fromhex, proof["path"]):
        if index & 1 or index == last:
            hashed = sha256(b"\1", each, hashed)
            while index and not index & 1:
                index, last = index >> 1, last >> 1
        else:
            hashed = sha256(b"\1", hashed, each)
        index, last = index >> 1, last >> 1
    wrong = wrong_signature(checkpoint, keys)
    if wrong or last or (entry["merchant_id"], hashed.hex()) != (checkpoint["merchant_id"], checkpoint["root"]):
        report.note(wrong or "the entry is not in the trail that was signed of its merchant")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Verify an exported audit trail of makewhole.")
    parser.add_argument("trail", nargs="?", help="the exported trail")
    for name in ("keys", "checkpoints", "earlier", "proof", "time-stamps"):
        parser.add_argument(f"--{name}", required=name == "keys")
    given, report, told = parser.parse_args(arguments), Report(), "the proof fits"
    try:
        keys = {each["key_id"]: each["public_key"] for each in json.loads(Path(given.keys).read_text())["items"]}
        if given.proof:
            proof_fits(json.loads(Path(given.proof).read_text()), keys, report)
        else:
            judged = [(each, wrong_signature(each, keys)) for each in lines(given.checkpoints)]
            for each, wrong in judged:
                if wrong:
                    report.note(f"the checkpoint of {each['entries']} entries is not believed: {wrong}")
            believed = [each for each, wrong in judged if not wrong]
            count, held = verify(given.trail, believed, report)
            if given.earlier:
                compare(given.earlier, given.trail, believed, report)
            stamps = stamped(given.time_stamps, believed, report) if given.time_stamps else ""
            told = f"{count} entries, {len(believed)} checkpoints{stamps}; {count - held} entries are not anchored yet"
    except (OSError, ValueError, KeyError, TypeError) as unreadable:
        print(f"can't be read: {unreadable!r}", file=sys.stderr)
        return 2
    print(*(finding for finding, _ in report), sep="\n", end="\n" if report else "")
    print(f"DOES NOT FIT ({told})" if report else told)
    return 0 if not report else 3 if all(is_explained for _, is_explained in report) else 1


if __name__ == "__main__":
    sys.exit(main())
