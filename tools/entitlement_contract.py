"""`make contract`: writes docs/entitlements.openapi.json, what a merchant's own system has to answer."""

import argparse
import json
from pathlib import Path
from typing import Any

from pydantic.json_schema import models_json_schema

from gateways.entitlements.contract import PATHS, Action, AnswerBody, InstructionBody, RefusalBody

Json = dict[str, Any]

PAGE = Path(__file__).parents[1] / "docs" / "entitlements.openapi.json"

_ABOUT = """A merchant whose entitlements live in a system of their own has that system answer this contract.
makewhole asks it to do what a refund comes to, and to undo it where a payout fails later. Stock lives in such a system
too: it is told what inspection accepted of each unit, and where that is.

**Once.** `instruction_id` names the intent. However often a do comes, and from however many callers at once, it is
booked once, in the transaction in which its id is noted, and answered alike each time. The same id with another body
is refused (409, `another_instruction`). A do that was refused is not noted: it may come again and be done.

**Undone.** An undo puts things back as they were before, once. One whose do never arrived is noted all the same and
answered `undone`: that do may be late, and is refused then (409, `undone`).

**Signed.** Requests and answers carry `webhook-id`, `webhook-timestamp` and `webhook-signature` as
[Standard Webhooks](https://www.standardwebhooks.com) says: `v1,` and the base64 of an HMAC-SHA256 over
`id.timestamp.body`, by each of the secrets (`whsec_…`) while one replaces another; any of them will do. Refuse what is
not signed, or older or newer than five minutes. An answer is signed by the `webhook-id` of its request: what is not is
no answer, and makewhole looks the instruction up before it asks again.

**Refused.** A signed 4xx with a `code` is a definite no: a person sees it, and has it tried again, skips it, or does it
by hand. 429 may name its `Retry-After` in seconds (at most five minutes count) and need not be signed. After 5xx, after
4 s without an answer, and after whatever is unsigned nobody knows: it is looked up and asked again, for a quarter of an
hour, then a person is told; a day later it is tried again by itself. Redirects are not followed. Answers have at most
16,000 bytes.

`tools/reference_system.py` of makewhole is such a system: one file that needs Python alone."""

_OPERATIONS = {
    Action.DO: ("doInstruction", "Do it once", "Book what the instruction says, unless it is booked already."),
    Action.UNDO: ("undoInstruction", "Undo it once", "Put back what it did; nothing of it is done any more later."),
    Action.LOOK_UP: (
        "lookUpInstruction",
        "Say what has become of it",
        "Change nothing; `unknown` where it never came.",
    ),
}

_HEADERS = {
    "webhook-id": "Names the request; the answer repeats it.",
    "webhook-timestamp": "When it was signed, in seconds since 1970.",
    "webhook-signature": "`v1,` and the signature, one for each secret, separated by spaces.",
}


def main(arguments: list[str]) -> int:
    argparse.ArgumentParser(prog="tools entitlement-contract", description=__doc__).parse_args(arguments)
    PAGE.write_text(text(), encoding="utf-8")
    print(f"{PAGE.name}: {len(PATHS)} operations")
    return 0


def text() -> str:
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


def document() -> Json:
    """Return the contract as OpenAPI, made of the models that makewhole asks and reads by."""
    models = [(InstructionBody, "validation"), (AnswerBody, "validation"), (RefusalBody, "validation")]
    _, schemas = models_json_schema(models, ref_template="#/components/schemas/{model}")  # type: ignore[arg-type]
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Entitlements elsewhere",
            "version": "1",
            "description": _ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "https://loyalty.shop.example/makewhole", "description": "Your system's address."}],
        "paths": {PATHS[action]: {"post": _operation(action)} for action in Action},
        "components": {"schemas": schemas["$defs"]},
    }


def _operation(action: Action) -> Json:
    operation_id, summary, description = _OPERATIONS[action]
    return {
        "operationId": operation_id,
        "summary": summary,
        "description": description,
        "parameters": [
            {"name": name, "in": "header", "required": True, "description": said, "schema": {"type": "string"}}
            for name, said in _HEADERS.items()
        ],
        "requestBody": {"required": True, "content": _content("InstructionBody", _example(action))},
        "responses": {
            "200": _signed("What has become of it.", "AnswerBody"),
            "4XX": _signed("A definite no.", "RefusalBody"),
            "429": {"description": "Too busy.", "headers": {"retry-after": {"schema": {"type": "integer"}}}},
            "5XX": {"description": "Nobody knows: it is looked up and asked again."},
        },
    }


def _signed(description: str, model: str) -> Json:
    headers = {name: {"description": said, "schema": {"type": "string"}} for name, said in _HEADERS.items()}
    return {"description": description, "headers": headers, "content": _content(model)}


def _content(model: str, example: Json | None = None) -> Json:
    shown: Json = {"schema": {"$ref": f"#/components/schemas/{model}"}}
    return {"application/json": shown | ({"example": example} if example else {})}


def _example(action: Action) -> Json:
    return {
        "action": action,
        "instruction_id": "rf_8f2c1b0d9e3a47f6-restore_points-1",
        "merchant_id": "kettles",
        "refund_id": "rf_8f2c1b0d9e3a47f6",
        "order_id": "o1",
        "customer_id": "lilei",
        "effect": {"kind": "points", "restored": 50, "taken": 300},
    }
