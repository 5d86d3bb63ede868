"""The published document as the tests read it."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpx
from fastapi import FastAPI

from api.app import ABOUT, with_routes
from tools.client import Json


@dataclass(frozen=True)
class Operation:
    """One operation of the document: `PUT /v1/orders/{order_id}` is `putOrder`."""

    method: str
    path: str
    spec: Json

    @property
    def name(self) -> str:
        return str(self.spec["operationId"])

    @property
    def codes(self) -> set[str]:
        return set(self.spec["x-codes"])


def operations(document: Json) -> Iterator[Operation]:
    for path, methods in document["paths"].items():
        for method, spec in methods.items():
            yield Operation(method.upper(), path, spec)


@cache
def as_made() -> Json:
    """The document as the application makes it, which takes seconds: once for all who read it in this process."""
    return with_routes(FastAPI(**ABOUT)).openapi()


async def published(http: httpx.AsyncClient) -> Json:
    document: Json = (await http.get("/openapi.json")).json()
    return document


def resolved(document: Json, schema: Any) -> Any:
    """Return a schema of the document with its components at hand, for a validator."""
    return {**schema, "components": document["components"]}
