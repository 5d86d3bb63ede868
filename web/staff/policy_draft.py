"""A policy as a form, a form as a draft of a policy, and two people's changes put together."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import asdict, dataclass, field
from typing import Any

from domain.policy import Policy
from web.calling import Json
from web.staff.policy_fields import FIELDS, PolicyField
from web.staff.policy_kinds import NotReadable, Typed
from web.staff.policy_table import ReviewTableKind, rows_read

TABLE = next(each for each in FIELDS if isinstance(each.kind, ReviewTableKind))


@dataclass(frozen=True, slots=True)
class Draft:
    """What was typed, as a document of the API's; wrong: what can't be read, by its name in the form.

    rows: of each row of the draft's table, which row of the form it is.
    """

    document: Json
    wrong: Mapping[str, NotReadable]
    rows: Sequence[int] = ()

    @property
    def digest(self) -> str:
        """Tells one draft from another: what is saved is what was tried."""
        return hashlib.sha256(json.dumps(self.document, sort_keys=True).encode()).hexdigest()

    def name_of(self, pointer: str) -> str:
        """Return the name in the form of what the API's pointer points at; "" where the form does not have it."""
        pieces = [each.replace("~1", "/").replace("~0", "~") for each in pointer.strip("/").split("/")]
        pieces = pieces[1:] if pieces[0] == "policy" else pieces
        if pieces[0] == TABLE.name and len(pieces) > 1 and pieces[1].isdigit() and int(pieces[1]) < len(self.rows):
            return f"row.{self.rows[int(pieces[1])]}"
        for each in FIELDS:
            if pieces[: len(each.path)] == each.path:
                return each.name
        return ""


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field that the draft has otherwise than the policy in force."""

    field: PolicyField
    before: Any
    after: Any


def value_of(document: Json, of: PolicyField) -> Any:
    value: Any = document
    for piece in of.path:
        value = value.get(piece) if isinstance(value, dict) else None
    return value


def typed_of(document: Json) -> dict[str, str]:
    """Write a policy into the fields of the form, but for the rows of its table."""
    texts: dict[str, str] = {}
    for each in FIELDS:
        if each is not TABLE:
            typed = each.kind.typed(value_of(document, each))
            texts |= {f"{each.name}{part}": text for part, text in typed.items()}
    return texts


def draft_of(known: Json, form: Typed) -> Draft:
    """Read a form. known: the policy in force; what the form does not have stays as it is there."""
    document, wrong = deepcopy(known), {}
    document.pop("version", None)
    for each in FIELDS:
        if each is TABLE:
            continue
        try:
            value = each.kind.read({part: form.get(f"{each.name}{part}", "") for part in each.kind.parts})
        except NotReadable as fault:
            wrong[each.name] = fault
        else:
            _put(document, each.path, value)
    rows, numbers, wrong_rows = rows_read(form)
    _put(document, TABLE.path, rows)
    return Draft(document, {**wrong, **wrong_rows}, numbers)


def changes(known: Json, document: Json) -> list[FieldChange]:
    """Return what a draft changes."""
    found = [FieldChange(each, value_of(known, each), value_of(document, each)) for each in FIELDS]
    return [each for each in found if each.field.kind.typed(each.before) != each.field.kind.typed(each.after)]


@dataclass(slots=True)
class PutTogether:
    """One's own draft after somebody else has saved: what both changed, and what was taken over from them."""

    document: Json
    both: list[FieldChange] = field(default_factory=list)
    taken: list[FieldChange] = field(default_factory=list)


def put_together(base: Json, theirs: Json, mine: Json) -> PutTogether:
    """Keep what I changed, and take over what only they did. base: the policy that both began with."""
    together = PutTogether(deepcopy(mine))
    for change in changes(base, theirs):
        own, kind = value_of(mine, change.field), change.field.kind
        if kind.typed(own) == kind.typed(change.after):
            continue
        if kind.typed(own) == kind.typed(change.before):
            _put(together.document, change.field.path, change.after)
            together.taken.append(change)
        else:
            together.both.append(change)
    return together


def usual() -> Json:
    """The policy of who never wrote one."""
    return asdict(Policy())


def _put(document: Json, path: Sequence[str], value: Any) -> None:
    *way, last = path
    for piece in way:
        document = document.setdefault(piece, {})
    if way == ["entitlements_elsewhere"] and value is None:
        document.pop(last, None)
    else:
        document[last] = value
