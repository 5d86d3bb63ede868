"""The models of the client: a class for each schema of the document."""

import re

from tools.python_client.document import (
    Json,
    answered,
    class_name,
    docstring,
    first_sentence,
    groups_of_schemas,
    ref_name,
    refs,
    variable,
)
from tools.python_client.types import type_of

_HEAD = """
from datetime import date, datetime
from typing import Any, Literal

from pydantic import Field

from makewhole_client.model_base import Answer, Body, Word
"""


def models(document: Json) -> dict[str, str]:
    """Return the text of each module by its name."""
    schemas: Json = document["components"]["schemas"]
    groups, said = groups_of_schemas(document), answered(document)
    modules: dict[str, list[str]] = {}
    for name in _bases_first(schemas):
        base = "Answer" if name in said else "Body"
        written = _words(name, schemas[name]) if "enum" in schemas[name] else _model(name, schemas, base)
        modules.setdefault(groups[name], []).append(written)
    texts = {group: _module(group, classes, schemas, groups) for group, classes in modules.items()}
    return {**texts, "__init__": _index(groups)}


def _module(group: str, classes: list[str], schemas: Json, groups: dict[str, str]) -> str:
    here = {name for name, where in groups.items() if where == group}
    needed = sorted({name for each in here for name in refs(schemas[each])} - here)
    imports = [f"from makewhole_client.models.{groups[name]} import {class_name(name)}" for name in needed]
    about = f'"""Models: {group.replace("_", " ")}."""'
    return "\n\n".join([about, "\n".join([_HEAD, *imports]), *classes])


def _index(groups: dict[str, str]) -> str:
    lines = [
        f"from makewhole_client.models.{group} import {class_name(name)} as {class_name(name)}"
        for name, group in groups.items()
    ]
    return "\n".join(['"""Everything that the API is told, and that it says."""', *lines])


def _words(name: str, schema: Json) -> str:
    lines = [f"class {class_name(name)}(Word):", _docstring(schema)]
    return "\n".join([*lines, *(f"    {_constant(each)} = {each!r}" for each in schema["enum"])])


def _model(name: str, schemas: Json, base: str) -> str:
    schema = schemas[name]
    needed = schema.get("required", [])
    lines = [_field(each, said, schemas, each in needed) for each, said in schema.get("properties", {}).items()]
    return "\n".join([f"class {class_name(name)}({base}):", _docstring(schema), *lines])


def _field(name: str, schema: Json, schemas: Json, needed: bool) -> str:
    kind, default = type_of(schema), "" if needed else _default(schema, schemas)
    if default == "None" and "None" not in kind and kind != "Any":
        kind += " | None"
    if (known := variable(name)) != name:
        default = ", ".join(filter(None, [f"default={default}" if default else "", f"alias={name!r}"]))
        return f"    {known}: {kind} = Field({default})"
    return f"    {known}: {kind}" + (f" = {default}" if default else "")


def _default(schema: Json, schemas: Json) -> str:
    """What a field is that was left out; an empty list or object where the document says nothing."""
    if "default" not in schema:
        made = {"array": "list", "object": "dict"}.get(schema.get("type", ""))
        return f"Field(default_factory={made})" if made else "None"
    default = schema["default"]
    if isinstance(default, list | dict) and "$ref" not in schema:
        return (
            f"Field(default_factory=lambda: {default!r})"
            if default
            else f"Field(default_factory={type(default).__name__})"
        )
    if "$ref" not in schema:
        return repr(default)
    named = class_name(ref_name(schema))
    if "enum" in schemas[ref_name(schema)]:
        return f"{named}.{_constant(default)}"
    return f"Field(default_factory=lambda: {named}.model_validate({default!r}))"


def _docstring(schema: Json) -> str:
    said = first_sentence(schema.get("description", "")) or "As the API's document says."
    return docstring(said, "    ")


def _constant(value: str) -> str:
    return re.sub(r"\W", "_", value).upper()


def _bases_first(schemas: Json) -> list[str]:
    """Order them so that each stands after what it is made of."""
    order: list[str] = []

    def add(name: str) -> None:
        if name not in order:
            for each in sorted(set(refs(schemas[name]))):
                add(each)
            order.append(name)

    for name in schemas:
        add(name)
    return order
