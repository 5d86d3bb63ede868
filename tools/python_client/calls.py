"""The calls of the client: for each operation a function that makes the request, and a method that sends it."""

from dataclasses import dataclass

from tools.python_client.document import (
    EVENTS,
    JSON,
    LINES,
    Json,
    Operation,
    class_name,
    docstring,
    operations,
    ref_name,
    variable,
)
from tools.python_client.types import type_of

KEY, CURSOR, LINES_CURSOR = "idempotency-key", "cursor", "lines_cursor"

_IMPORTS = "from collections.abc import AsyncIterator\nfrom datetime import datetime\nfrom typing import Any, Literal\n"


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument of a method; `default` is empty where it must be given."""

    name: str
    kind: str
    default: str
    by_name: bool

    @property
    def written(self) -> str:
        return f"{self.name}: {self.kind}" + (f" = {self.default}" if self.default else "")

    @property
    def handed_on(self) -> str:
        return f"{self.name}={self.name}" if self.by_name else self.name


def calls(document: Json) -> dict[str, str]:
    """Return the text of each module of calls by its name."""
    imports = "from makewhole_client import call\nfrom makewhole_client.call import Call"
    texts = {}
    for group, every in _by_group(document).items():
        about = f'"""Requests: {group.replace("_", " ")}."""\n\n{_IMPORTS}'
        texts[group] = "\n".join([about, imports, _models(document), *map(_call, every)])
    return texts


def async_operations(document: Json) -> dict[str, str]:
    """Return the text of each module of operations by its name; `__init__` has the class of them all."""
    texts = {}
    for group, every in _by_group(document).items():
        head = [
            f'"""Operations: {group.replace("_", " ")}."""\n\n{_IMPORTS}',
            f"from makewhole_client.aio.asking import AsyncAsks\nfrom makewhole_client.calls import {group} as calls",
            _models(document),
        ]
        methods = [method for each in every for method in (_method(each), *_of_pages(each, document))]
        texts[group] = "\n".join([*head, f"class Async{_title(group)}Calls(AsyncAsks):", *methods])
    return {**texts, "__init__": _together(list(texts))}


def _together(groups: list[str]) -> str:
    imports = [f"from makewhole_client.aio.operations.{group} import Async{_title(group)}Calls" for group in groups]
    bases = ", ".join(f"Async{_title(group)}Calls" for group in groups)
    every = '"""Every operation of the API."""'
    return "\n".join([every, "", *imports, "", f"class AsyncOperations({bases}):", f"    {every}"])


def _call(operation: Operation) -> str:
    """Write the function that makes a request."""
    arguments = _arguments(operation)
    path = operation.path
    for each in operation.parameters("path"):
        path = path.replace(f"{{{each['name']}}}", f"{{call.in_path({variable(each['name'])})}}")
    said = [repr(operation.method), f'f"{path}"' if "{" in path else repr(path), _reader(operation)]
    for place, kind in (("query", "query"), ("header", "headers")):
        pairs = [f"{each['name']!r}: {_sent(each['name'])}" for each in operation.parameters(place)]
        if pairs:
            said.append(f"{kind}={{{', '.join(pairs)}}}")
    if operation.request is not None:
        said.append("body=body")
        if operation.request[0] != JSON:
            said.append(f"content_type={operation.request[0]!r}")
    if _comes_by_lines(operation):
        said.append("comes_by_lines=True")
    return (
        f"\ndef {operation.name}({_signature(arguments)}) -> Call[{_answer(operation)}]:\n"
        f"    return Call({', '.join(said)})\n"
    )


def _method(operation: Operation) -> str:
    arguments = _arguments(operation)
    made = f"calls.{operation.name}({', '.join(each.handed_on for each in arguments)})"
    answer, doc = _answer(operation), f"{docstring(operation.sentence, ' ' * 8)}\n"
    if _comes_by_lines(operation):
        return (
            f"    def {operation.name}(self, {_signature(arguments)}) -> AsyncIterator[{answer}]:\n{doc}"
            f"        return self._lines({made})\n"
        )
    return (
        f"    async def {operation.name}(self, {_signature(arguments)}) -> {answer}:\n{doc}"
        f"        return await self._ask({made})\n"
    )


def _of_pages(operation: Operation, document: Json) -> list[str]:
    """Write the iterator over what comes in pages."""
    if operation.has(CURSOR) and _has(operation, document, "items", "next"):
        kind, sends, cursor = _item_of(operation, document), "items", CURSOR
    elif operation.has(LINES_CURSOR) and _has(operation, document, "next_lines"):
        kind, sends, cursor = _answer(operation), "pages", LINES_CURSOR
    else:
        return []
    subject = operation.name.removeprefix("list_").removeprefix("get_")
    name = f"iterate_{subject}" if sends == "items" else f"pages_of_{subject}"
    about = "One after the other, over all pages." if sends == "items" else "Page after page of its lines."
    arguments = [each for each in _arguments(operation) if each.name != cursor]
    handed = ", ".join([*(each.handed_on for each in arguments), f"{cursor}=page"])
    return [
        f"    def {name}(self, {_signature(arguments)}) -> AsyncIterator[{kind}]:\n"
        f"{docstring(f'{operation.sentence} {about}', ' ' * 8)}\n"
        f"        return self._{sends}(lambda page: calls.{operation.name}({handed}))\n"
    ]


def _arguments(operation: Operation) -> list[Argument]:
    found = [
        Argument(variable(each["name"]), type_of(each["schema"]), "", by_name=False)
        for each in operation.parameters("path")
    ]
    if operation.request is not None:
        kind, schema = operation.request
        written = type_of(schema) if kind == JSON else "bytes"
        found.append(Argument("body", written, "None" if operation.body_may_be_left_out else "", by_name=False))
    named = operation.parameters("query", "header")
    for each in sorted(named, key=lambda each: not each.get("required", False)):
        kind = type_of(each["schema"]).removesuffix(" | None")
        default = "" if each.get("required") else "None"
        found.append(Argument(variable(each["name"]), kind + (" | None" if default else ""), default, by_name=True))
    return found


def _signature(arguments: list[Argument]) -> str:
    placed = [each.written for each in arguments if not each.by_name]
    named = [each.written for each in arguments if each.by_name]
    return ", ".join([*placed, *(["*", *named] if named else [])])


def _sent(name: str) -> str:
    return f"call.key_or_new({variable(name)})" if name == KEY else variable(name)


def _answer(operation: Operation) -> str:
    if operation.answer is None:
        return "None"
    kind, schema = operation.answer
    if kind in (JSON, LINES, EVENTS):
        return type_of(schema)
    return "bytes" if schema.get("format") == "binary" else "str"


def _reader(operation: Operation) -> str:
    answer = _answer(operation)
    plain = {"None": "call.as_nothing", "bytes": "call.as_bytes", "str": "call.as_text"}
    if _comes_by_lines(operation):
        return f"call.one_of({answer.replace(' |', ',')})"
    return plain.get(answer, f"call.json_of({answer})")


def _comes_by_lines(operation: Operation) -> bool:
    return operation.answer is not None and operation.answer[0] in (LINES, EVENTS)


def _item_of(operation: Operation, document: Json) -> str:
    assert operation.answer is not None
    page = document["components"]["schemas"][ref_name(operation.answer[1])]
    return type_of(page["properties"]["items"]["items"])


def _has(operation: Operation, document: Json, *fields: str) -> bool:
    """Whether what is answered is a page: it has these fields."""
    if operation.answer is None or "$ref" not in operation.answer[1]:
        return False
    return set(fields) <= set(document["components"]["schemas"][ref_name(operation.answer[1])].get("properties", {}))


def _models(document: Json) -> str:
    names = sorted(class_name(name) for name in document["components"]["schemas"])
    return f"from makewhole_client.models import {', '.join(names)}\n"


def _by_group(document: Json) -> dict[str, list[Operation]]:
    found: dict[str, list[Operation]] = {}
    for each in operations(document):
        found.setdefault(each.group, []).append(each)
    return found


def _title(group: str) -> str:
    return "".join(part.capitalize() for part in group.split("_"))
