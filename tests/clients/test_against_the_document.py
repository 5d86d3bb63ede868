"""The client has every operation and every field of the published document, and what is new in it fails here."""

import copy
import inspect
import json
from enum import EnumType
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from makewhole_client import AsyncMakewhole, Makewhole, models
from tools.python_client.document import Json, class_name, operations, published, snake, variable
from tools.python_client.main import HOME, everything

WHAT_TO_DO = "run `make client`, look at what it wrote, and say in the CHANGELOG what the client can do now"

ROOT = Path(__file__).parents[2]

SAFE_WITHOUT_A_KEY = {
    "acknowledgeRiskAlert": "the first word stands",
    "quoteRefund": "changes nothing",
    "simulatePolicy": "changes nothing",
    "sendSettlementReport": "the same bytes are one report",
    "sendPicture": "one picture more, which goes by itself where nothing refers to it",
    "askForCode": "one code more comes, and the one asked for last is used",
    "openSession": "a proof opens one session: repeated it is refused, and another is asked for",
    "makePageLink": "one link more, good for five minutes, and the one that is followed is used",
    "askForPasskey": "one challenge more, and the one that is answered is used",
    "makePasskey": "a challenge makes one passkey: repeated it is refused",
    "takeWebhook": "its webhook-id is known",
    "takeGatewayWebhook": "its event is known",
}
"""Every call is repeated until it is answered, so a POST has a key or one of these reasons."""

TYPES = frozenset({"type", "anyOf", "items", "additionalProperties", "propertyNames", "const", "enum"})
"""What of a schema says of which type something is; all else is the server's to judge."""


@pytest.fixture(scope="module")
def document() -> Json:
    return published()


@pytest.mark.parametrize("client", [Makewhole, AsyncMakewhole])
def test_every_operation_has_its_method(document: Json, client: type) -> None:
    assert not missing(document, client), WHAT_TO_DO


@pytest.mark.parametrize("client", [Makewhole, AsyncMakewhole])
def test_a_new_operation_and_a_new_parameter_are_missed_until_they_have_theirs(document: Json, client: type) -> None:
    newer = copy.deepcopy(document)
    asked = newer["paths"]["/v1/refunds"]["get"]
    newer["paths"]["/v1/sleep"] = {"get": {**asked, "operationId": "fallAsleep"}}
    asked["parameters"].append({"name": "colour", "in": "query", "schema": {"type": "string"}})

    assert missing(newer, client) == ["list_refunds: colour", "fall_asleep"]


def test_every_schema_is_a_model_with_the_same_fields_of_the_same_types(document: Json) -> None:
    schemas = document["components"]["schemas"]

    different = {name: wrong for name, schema in schemas.items() if (wrong := differences(name, schema))}

    assert not different, WHAT_TO_DO


def test_a_new_field_and_another_type_are_noticed(document: Json) -> None:
    schema = copy.deepcopy(document["components"]["schemas"]["RefundAnswer"])
    schema["properties"]["mood"] = {"type": "string"}
    schema["properties"]["total"] = {"type": "number"}
    schema["required"].remove("order_id")

    assert differences("RefundAnswer", schema) == ["required", "mood", "total"]


def test_what_is_written_out_of_the_document_is_written_out_of_this_one(document: Json) -> None:
    written = everything(document, ROOT)
    there = {each for each in (ROOT / HOME).rglob("*.py") if "Written by `make client`" in each.read_text()}

    assert {ROOT / path for path in written} == there, WHAT_TO_DO
    assert [str(path) for path, text in written.items() if (ROOT / path).read_text() != text] == [], WHAT_TO_DO


def test_every_post_may_be_sent_again(document: Json) -> None:
    unkeyed = {each.id for each in operations(document) if each.method == "POST" and not each.has("idempotency-key")}

    assert unkeyed == set(SAFE_WITHOUT_A_KEY), "give it an Idempotency-Key, or say here why it may be sent twice"


def missing(document: Json, client: type) -> list[str]:
    """Name what of the document's operations and their parameters a client lacks."""
    found = []
    for each in operations(document):
        method = getattr(client, snake(each.id), None)
        if method is None:
            found.append(snake(each.id))
            continue
        has = inspect.signature(method).parameters
        wanted = [variable(parameter["name"]) for parameter in each.said.get("parameters", [])]
        wanted += ["body"] if each.request is not None else []
        found += [f"{snake(each.id)}: {name}" for name in wanted if name not in has]
    return found


def differences(name: str, schema: Json) -> list[str]:
    """Name what of a schema its model has otherwise."""
    model = getattr(models, class_name(name), None)
    if isinstance(model, EnumType):
        return [] if list(model.__members__.values()) == schema["enum"] else ["enum"]
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        return ["missing"]
    ours = model.model_json_schema(by_alias=True)
    ours = ours if "properties" in ours or "$ref" not in ours else ours["$defs"][model.__name__]
    fields, wanted = ours.get("properties", {}), schema.get("properties", {})
    found = ["required"] if set(ours.get("required", [])) != set(schema.get("required", [])) else []
    found += sorted(wanted.keys() ^ fields.keys())
    return found + [field for field in sorted(wanted.keys() & fields.keys()) if not alike(fields[field], wanted[field])]


def alike(ours: Any, theirs: Any) -> bool:
    """Whether two are of one type. What may be left out and has no default is null in Python until it is set."""
    ours, theirs = typed(ours), typed(theirs)
    return bool(ours == theirs or ours == {"anyOf": sorted([theirs, {"type": "null"}], key=json.dumps)})


def typed(schema: Any) -> Any:
    """Return what a schema says of types: references by the names of classes, alternatives in one order, once each."""
    if "$ref" in schema:
        return {"$ref": class_name(schema["$ref"].rsplit("/")[-1])}
    said = {key: schema[key] for key in sorted(schema.keys() & TYPES)}
    if schema.get("format") in ("date-time", "date"):
        said["format"] = schema["format"]
    if "anyOf" in said:
        parts = [part for alternative in said.pop("anyOf") for part in _flat(typed(alternative))]
        each: dict[str, Any] = {json.dumps(part): part for part in parts}
        said["anyOf"] = [each[name] for name in sorted(each)]
        return said["anyOf"][0] if len(said["anyOf"]) == 1 else said
    if "items" in said:
        said["items"] = typed(said["items"])
    if isinstance(said.get("additionalProperties"), dict):
        said["additionalProperties"] = typed(said["additionalProperties"])
    if "propertyNames" in said:
        names = typed(said.pop("propertyNames"))
        said |= {"propertyNames": names} if "$ref" in names else {}
    return said


def _flat(schema: Any) -> list[Any]:
    return list(schema["anyOf"]) if "anyOf" in schema else [schema]
