"""Files of one source, read."""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path

import importers.own.jsonl
import importers.own.tables
import importers.shopify.payloads
import importers.woocommerce.payloads
from importers.documents import PlacedDocument, read_json, read_lines
from importers.outcome import Notes, Read, RefusedOrder, Unreadable
from importers.tenders import Tenders

_OF_LINES = (".jsonl", ".ndjson")


class Source(StrEnum):
    """Where orders come from."""

    SHOPIFY = "shopify"
    WOOCOMMERCE = "woocommerce"
    JSONL = "jsonl"
    CSV = "csv"


def read(source: Source, files: Sequence[Path], tenders: Tenders) -> Read:
    """Read files together: what belongs to one order may stand in several."""
    match source:
        case Source.SHOPIFY:
            return importers.shopify.payloads.read(_documents(files), tenders)
        case Source.WOOCOMMERCE:
            return importers.woocommerce.payloads.read(_documents(files), tenders)
        case Source.JSONL:
            return importers.own.jsonl.read(_lines(files))
        case Source.CSV:
            return _tables(files)


def _documents(files: Sequence[Path]) -> Iterator[PlacedDocument | Unreadable]:
    for file in files:
        if file.suffix in _OF_LINES:
            yield from _lines([file])
            continue
        try:
            yield read_json(file.name, _text(file))
        except Unreadable as broken:
            yield broken


def _lines(files: Sequence[Path]) -> Iterator[PlacedDocument | Unreadable]:
    for file in files:
        try:
            yield from read_lines(file.name, _text(file))
        except Unreadable as broken:
            yield broken


def _tables(files: Sequence[Path]) -> Read:
    found = []
    for file in files:
        try:
            found.append(importers.own.tables.read(file.name, _text(file)))
        except Unreadable as broken:
            found.append(Read((), (RefusedOrder("", broken.path, broken.why),), Notes()))
    return importers.own.tables.join(found)


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as broken:
        raise Unreadable(file.name, f"it can't be read as UTF-8: {broken}") from broken
