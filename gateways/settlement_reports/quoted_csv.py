"""CSV as PayPal and Adyen write it: UTF-8, values in double quotes where they need them, columns by their names."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO

from gateways.settlement_reports.reading import ReportFault

Row = Mapping[str, str]


def records(report: BinaryIO) -> Iterator[tuple[int, list[str]]]:
    """Read record after record, each with the number of its last line; raises ReportFault."""
    found = csv.reader(_text(report), strict=True)
    try:
        for record in found:
            if record:
                yield found.line_num, record
    except csv.Error as wrong:
        raise ReportFault(f"line {found.line_num} is no CSV: {wrong}") from wrong


def heading_of(record: Sequence[str], needed: Sequence[str], place: int) -> list[str]:
    """Return the names of the columns, spaces as one; raises ReportFault where one is missing that is needed."""
    heading = [" ".join(each.split()) for each in record]
    if missing := [name for name in needed if name not in heading]:
        raise ReportFault(f"line {place}: the heading lacks {', '.join(missing)}")
    return heading


def row_of(heading: Sequence[str], record: Sequence[str], place: int) -> Row:
    """Return the values by the names of their columns; raises ReportFault."""
    if len(record) != len(heading):
        raise ReportFault(f"line {place} has {len(record)} fields, the heading has {len(heading)}")
    return dict(zip(heading, record, strict=True))


def _text(report: BinaryIO) -> Iterator[str]:
    for place, line in enumerate(report, start=1):
        try:
            yield line.decode("utf-8-sig" if place == 1 else "utf-8")
        except UnicodeDecodeError as wrong:
            raise ReportFault(f"line {place} is not in UTF-8: {wrong}") from wrong
