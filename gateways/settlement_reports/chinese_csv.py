"""What the bills of WeChat Pay and Alipay have in common: CSV with Chinese headings, amounts in yuan, Chinese time."""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta, timezone

from gateways.settlement_reports.reading import ReportFault

CURRENCY = "CNY"
_CHINA = timezone(timedelta(hours=8))

_TICK = "`"
_NEXT_FIELD = re.compile(r',(?="?`)')

Row = Mapping[str, str]


def rows(lines: Iterable[tuple[int, str]], needed: Iterable[str], ends_at: str) -> Iterator[tuple[int, Row]]:
    """Read the rows below a heading that has the columns `needed`, up to a line that begins with `ends_at`.

    Columns go by their names: the providers add some and move them. A bill without its end was cut off: ReportFault.
    """
    heading: list[str] | None = None
    for place, line in lines:
        if line.startswith(ends_at):
            return
        fields = fields_of(line)
        if heading is None:
            heading = fields
            if missing := [name for name in needed if name not in heading]:
                raise ReportFault(f"line {place}: the heading lacks {', '.join(missing)}")
        elif len(fields) != len(heading):
            raise ReportFault(f"line {place} has {len(fields)} fields, the heading has {len(heading)}")
        else:
            yield place, dict(zip(heading, fields, strict=True))
    raise ReportFault(f"the bill has no end ({ends_at}…): it was cut off, get it again")


def fields_of(line: str) -> list[str]:
    """Read a line whose fields are behind backticks each, whatever commas stand in a name of goods; else one of CSV."""
    return [_bare(each) for each in (pieces_of(line) if _has_ticks(line) else next(csv.reader([line]), []))]


def pieces_of(line: str) -> list[str]:
    """Cut such a line where a field begins; put together with commas the pieces are the line again."""
    return _NEXT_FIELD.split(line)


def _has_ticks(line: str) -> bool:
    return line.lstrip('"').startswith(_TICK)


def time_of(text: str, place: int, field: str) -> datetime:
    """Read `2026-11-29 10:00:00`, which is Chinese time; raises ReportFault."""
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=_CHINA)
    except ValueError as wrong:
        raise ReportFault(f"line {place}, {field}: {text!r}: a time like 2026-11-29 10:00:00 is awaited") from wrong


def _bare(field: str) -> str:
    """Take off what keeps spreadsheets from reading a number: a backtick before, a tabulator behind; and quotes."""
    text = field.strip()
    if text.startswith(f'"{_TICK}') and text.endswith('"'):
        text = text[1:-1].replace('""', '"')
    return text.removeprefix(_TICK).strip()
