"""The merchant's own review table in a form: rows, each with conditions that are chosen from lists."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from domain.rights.review_table import Fact, Then
from web.staff.policy_kinds import NotReadable, Typed, ValueReader

_SPARE = 2
"""So many empty conditions stand below those that a row has."""

HOWS = ("one_of", "at_least", "at_most")
_WHOLE = re.compile(r"[0-9]{1,13}")
_BETWEEN = re.compile(r"[,;，；]+")


@dataclass(frozen=True, slots=True)
class ConditionShown:
    """One condition as it stands in the form."""

    fact: str
    how: str
    value: str


@dataclass(frozen=True, slots=True)
class RowShown:
    """A row as it stands in the form; place: where it comes, a number that may be changed."""

    place: str
    name: str
    then: str
    conditions: list[ConditionShown]


@dataclass(frozen=True, slots=True)
class ReviewTableKind:
    """Its rows are many fields; for comparing, the table is one text."""

    look = "table"
    parts = ("",)

    def typed(self, value: Any) -> Typed:
        return {"": json.dumps([_full(row) for row in value], ensure_ascii=False, sort_keys=True)}

    def read(self, typed: Typed) -> Any:
        return json.loads(typed[""])

    def said(self, value: Any, reader: ValueReader) -> str:
        rows = [f"{row['name']} → {reader.t.of('policy.word', row['then'])}" for row in value]
        return "; ".join(rows) or reader.t("policy.none")


def rows_shown(value: Any) -> list[RowShown]:
    """The rows of a document."""
    shown = [RowShown(str(place), row["name"], row["then"], _conditions(row)) for place, row in enumerate(value, 1)]
    return with_room(shown)


def with_room(rows: Sequence[RowShown]) -> list[RowShown]:
    """Have room for one more row, and in each row for one more condition."""
    roomy = [
        row if any(not each.fact and not each.value for each in row.conditions) else _with_spare(row) for row in rows
    ]
    if roomy and not roomy[-1].name:
        return roomy
    return [*roomy, RowShown(str(len(roomy) + 1), "", Then.REVIEW, _spare())]


def _with_spare(row: RowShown) -> RowShown:
    return replace(row, conditions=[*row.conditions, *_spare()])


def rows_typed(form: Typed) -> list[RowShown]:
    """The rows as they were typed, with what can't be read too."""
    shown = []
    for row in _numbers(form, "row.{}.then"):
        conditions = [
            ConditionShown(*(form.get(f"row.{row}.{each}.{part}", "") for part in ("fact", "how", "value")))
            for each in _numbers(form, f"row.{row}.{{}}.fact")
        ]
        place, name, then = (form.get(f"row.{row}.{part}", "") for part in ("place", "name", "then"))
        shown.append(RowShown(place, name, then, conditions))
    return shown


def rows_read(form: Typed) -> tuple[list[Any], list[int], dict[str, NotReadable]]:
    """Return the rows in the order of their places, which of the form each is, and what is wrong with which."""
    found, wrong = [], {}
    for number, row in enumerate(rows_typed(form)):
        said = [each for each in row.conditions if each.fact or each.value]
        if form.get(f"row.{number}.gone") or (not row.name and not said):
            continue
        try:
            found.append((_place(row), number, _row(row, said)))
        except NotReadable as fault:
            wrong[f"row.{number}"] = fault
    found.sort(key=lambda each: each[:2])
    return [row for _, _, row in found], [number for _, number, _ in found], wrong


def _row(row: RowShown, said: list[ConditionShown]) -> Any:
    if not row.name:
        raise NotReadable("row_name")
    when: dict[str, dict[str, Any]] = {}
    for each in said:
        if each.fact not in set(Fact) or each.how not in HOWS:
            raise NotReadable("condition", each.value)
        when.setdefault(each.fact, {"one_of": [], "at_least": None, "at_most": None})[each.how] = _value(each)
    return {"name": row.name, "then": row.then, "when": when}


def _value(each: ConditionShown) -> Any:
    if each.how == "one_of":
        return [word.strip() for word in _BETWEEN.split(each.value) if word.strip()]
    if not _WHOLE.fullmatch(each.value):
        raise NotReadable("condition", each.value)
    return int(each.value)


def _place(row: RowShown) -> int:
    if not _WHOLE.fullmatch(row.place):
        raise NotReadable("row_place")
    return int(row.place)


def _full(row: Any) -> Any:
    empty: dict[str, Any] = {"one_of": [], "at_least": None, "at_most": None}
    return {
        "name": row["name"],
        "then": row["then"],
        "when": {fact: {**empty, **of} for fact, of in row["when"].items()},
    }


def _conditions(row: Any) -> list[ConditionShown]:
    found = []
    for fact, said in row["when"].items():
        if said.get("one_of"):
            found.append(ConditionShown(fact, "one_of", ", ".join(said["one_of"])))
        bounds = [(how, said.get(how)) for how in HOWS[1:]]
        found += [ConditionShown(fact, how, str(bound)) for how, bound in bounds if bound is not None]
    return found


def _spare() -> list[ConditionShown]:
    return [ConditionShown("", "one_of", "")] * _SPARE


def _numbers(form: Typed, pattern: str) -> Iterator[int]:
    number = 0
    while pattern.format(number) in form:
        yield number
        number += 1
