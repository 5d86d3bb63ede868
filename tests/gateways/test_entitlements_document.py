"""The contract of merchants' own systems is published, and is what is asked and answered."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from gateways.entitlements.contract import PATHS, Action, InstructionBody
from tests.gateways.entitlements_party import EntitlementsParty, entitlements_party, points
from tools.entitlement_contract import PAGE, document, text


@pytest.fixture
async def party() -> AsyncIterator[EntitlementsParty]:
    async with entitlements_party() as party:
        yield party


def is_a(model: str, said: Any) -> bool:
    schemas = document()["components"]["schemas"]
    found: bool = Draft202012Validator({"$ref": f"#/$defs/{model}", "$defs": _rooted(schemas)}).is_valid(said)
    return found


def _rooted(schemas: Any) -> Any:
    if isinstance(schemas, dict):
        return {name: _rooted(each) for name, each in schemas.items()}
    if isinstance(schemas, list):
        return [_rooted(each) for each in schemas]
    return schemas.replace("#/components/schemas/", "#/$defs/") if isinstance(schemas, str) else schemas


def test_the_published_contract_is_up_to_date_and_openapi() -> None:
    assert PAGE.read_text(encoding="utf-8") == text(), "write it with `make contract`"
    validate(document())


def test_its_examples_are_what_it_says() -> None:
    for action in Action:
        body = document()["paths"][PATHS[action]]["post"]["requestBody"]["content"]["application/json"]
        assert is_a("InstructionBody", body["example"])
        assert InstructionBody.model_validate(body["example"]).action is action


async def test_what_is_asked_is_what_the_contract_says(party: EntitlementsParty) -> None:
    wanted = points()
    for ask in (party.system.do, party.system.look_up, party.system.undo):
        await ask(wanted)

    for asked in await party.log():
        path = asked.pop("path")
        assert PATHS[Action(asked["action"])] == path
        assert is_a("InstructionBody", asked)
        assert not is_a("InstructionBody", {**asked, "instruction_id": None})
