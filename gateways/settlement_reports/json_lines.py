"""Objects of a report in JSON, one at a time."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, BinaryIO

from gateways.settlement_reports.reading import ReportFault

Object = dict[str, Any]


def objects(report: BinaryIO, name: str) -> Iterator[tuple[int, Object]]:
    """Read objects with their places, from 1: one a line, or pages of them, whose list is called `name`.

    Lines are read one by one, however many there are; a page that is written over several lines is read whole.
    Numbers with a fraction become Decimals. Raises ReportFault.
    """
    place = 0
    for line, value in _values(report):
        for each in _of_page(value, name, line):
            place += 1
            if not isinstance(each, dict):
                raise ReportFault(f"line {place}: an object is awaited")
            yield place, each


def required(each: Object, field: str, place: int) -> Any:
    """Return a field that has to be there; raises ReportFault."""
    if each.get(field) in (None, ""):
        raise ReportFault(f"line {place}: {field} is missing")
    return each[field]


def _values(report: BinaryIO) -> Iterator[tuple[int, Any]]:
    first = report.readline()
    if not first:
        return
    try:
        value = _parsed(first)
    except ValueError:  # not whole on its first line
        try:
            yield 1, _parsed(first + report.read())
        except ValueError as wrong:
            raise ReportFault(f"the report is no JSON: {wrong}") from wrong
        return
    yield 1, value
    for line, text in enumerate(report, start=2):
        if text.strip():
            try:
                yield line, _parsed(text)
            except ValueError as wrong:
                raise ReportFault(f"line {line} is no JSON: {wrong}") from wrong


def _parsed(text: bytes) -> Any:
    return json.loads(text, parse_float=Decimal)


def _of_page(value: Any, name: str, line: int) -> list[Any]:
    if isinstance(value, list):
        return value
    if not isinstance(value, dict):
        raise ReportFault(f"line {line}: an object, or a page with {name!r}, is awaited")
    return value[name] if isinstance(value.get(name), list) else [value]
