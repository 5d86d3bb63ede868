"""Domain values to and from the JSON that Postgres keeps.

Large documents have a version, so that a later shape can still read them: `db/versions.py`.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from pydantic import TypeAdapter
from pydantic_core import CoreSchema, core_schema

from db import versions

Value = TypeVar("Value")

Json = dict[str, Any] | list[Any] | str | int | float | None
"""What Postgres hands over; the members of lists and objects are the same."""

_ADAPTERS: dict[Any, TypeAdapter[Any]] = {}


def to_json(value: object, *, exclude: Any = None) -> Any:
    """Turn a domain dataclass into plain JSON values, but for what is excluded as pydantic writes it."""
    return versions.written(type(value), _adapter(type(value)).dump_python(value, mode="json", exclude=exclude))


def from_json(kind: type[Value], stored: Json) -> Value:
    """Read a domain dataclass back; raises pydantic's ValidationError if the stored shape is not `kind`'s.

    Raises NewerVersion for what a later version of makewhole has stored.
    """
    return cast(Value, _adapter(kind).validate_python(versions.read(kind, stored)))


def reads_earlier(upgrade: Callable[[dict[str, Any]], dict[str, Any]], schema: CoreSchema) -> CoreSchema:
    """Read what earlier versions wrote: `upgrade` gets the stored object and returns it in the shape of today."""

    def upgraded(stored: object) -> object:
        return upgrade(stored) if isinstance(stored, dict) else stored

    return core_schema.no_info_before_validator_function(upgraded, schema)


def _adapter(kind: Any) -> TypeAdapter[Any]:
    """Building an adapter takes milliseconds: build one a kind."""
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]
