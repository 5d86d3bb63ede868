"""The published document as what the client is made of: schemas and operations, each with the group it belongs to."""

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI

from api.app import ABOUT, with_routes

Json = dict[str, Any]

COMMON = "common"
JSON, LINES, EVENTS = "application/json", "application/x-ndjson", "text/event-stream"

_REF = "#/components/schemas/"
_SPOKEN_OF_EVERYWHERE = 6
"""So many groups that none of them is at home in it."""

_BUILTIN = {"from": "from_", "return": "return_"}


def published() -> Json:
    """Return the OpenAPI document of this version."""
    return with_routes(FastAPI(**ABOUT)).openapi()


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the document."""

    method: str
    path: str
    said: Json

    @property
    def id(self) -> str:
        return str(self.said["operationId"])

    @property
    def name(self) -> str:
        return snake(self.id)

    @property
    def group(self) -> str:
        return group_of(self.said)

    @property
    def request(self) -> tuple[str, Json] | None:
        """The content type of its body and what that is."""
        for kind, content in self.said.get("requestBody", {}).get("content", {}).items():
            return kind, content["schema"]
        return None

    @property
    def body_may_be_left_out(self) -> bool:
        return not self.said["requestBody"].get("required", False)

    @property
    def answer(self) -> tuple[str, Json] | None:
        """The content type of a yes and what that is; None where nothing is answered."""
        for status, response in self.said["responses"].items():
            if status.startswith("2"):
                for kind, content in response.get("content", {}).items():
                    return kind, content["schema"]
        return None

    def parameters(self, *places: str) -> list[Json]:
        return [each for each in self.said.get("parameters", []) if each["in"] in places]

    def has(self, parameter: str) -> bool:
        return any(each["name"] == parameter for each in self.said.get("parameters", []))

    @property
    def sentence(self) -> str:
        return first_sentence(self.said.get("description") or self.said["summary"])


def operations(document: Json) -> list[Operation]:
    return [
        Operation(method.upper(), path, said)
        for path, methods in document["paths"].items()
        for method, said in methods.items()
    ]


def refs(schema: Any) -> Iterator[str]:
    """Yield the names of all schemas that a piece of the document speaks of, not of those that these speak of."""
    if isinstance(schema, dict):
        if str(schema.get("$ref", "")).startswith(_REF):
            yield ref_name(schema)
        for each in schema.values():
            yield from refs(each)
    elif isinstance(schema, list):
        for each in schema:
            yield from refs(each)


def reach(schemas: Json, starts: set[str]) -> set[str]:
    """Return all schemas that some schemas are made of, with themselves."""
    found: set[str] = set()
    ahead = set(starts)
    while ahead:
        name = ahead.pop()
        found.add(name)
        ahead |= set(refs(schemas[name])) - found
    return found


def groups_of_schemas(document: Json) -> dict[str, str]:
    """Return for each schema the first group that speaks of it, or `common`.

    What a schema is made of is spoken of by the same groups, and maybe by more: so no two groups need each other.
    """
    schemas = document["components"]["schemas"]
    by_group: dict[str, set[str]] = {}
    everything = [
        *operations(document),
        *(Operation("POST", "", each["post"]) for each in document["webhooks"].values()),
    ]
    for operation in everything:
        by_group.setdefault(operation.group, set()).update(refs(operation.said))
    reached = {group: reach(schemas, starts) for group, starts in by_group.items()}
    found = {}
    for name in schemas:
        speaking = [group for group, names in reached.items() if name in names]
        found[name] = speaking[0] if 0 < len(speaking) < _SPOKEN_OF_EVERYWHERE else COMMON
    return found


def answered(document: Json) -> set[str]:
    """Return all schemas that the API answers with or tells of; the others are only sent to it."""
    starts: set[str] = set()
    for operation in operations(document):
        starts |= set(refs(operation.said["responses"]))
    for each in document["webhooks"].values():
        starts |= set(refs(each))
    return reach(document["components"]["schemas"], starts)


def group_of(said: Json) -> str:
    return str(said["tags"][0]).replace(" ", "_")


def ref_name(schema: Json) -> str:
    return str(schema["$ref"]).removeprefix(_REF)


def class_name(schema_name: str) -> str:
    return schema_name.replace("-", "")


def snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def variable(name: str) -> str:
    """Write a name of the document as one of Python."""
    return _BUILTIN.get(name, name.replace("-", "_"))


def first_sentence(text: str) -> str:
    sentence = re.split(r"(?<=[.!?])\s", " ".join(text.split()))[0]
    return sentence.replace("\\", "\\\\").replace('"""', "'''")


def docstring(said: str, indent: str) -> str:
    return textwrap.indent(f'"""{textwrap.fill(said, 105)}"""', indent)
