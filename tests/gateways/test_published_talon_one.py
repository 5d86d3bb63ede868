"""What our peer of Talon.One answers and what our adapter asks are read by the models of Talon.One's own package."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from gateways.talon_one.answers import SessionState
from tests.gateways.client_packages import Json, model, source
from tests.gateways.talon_one_party import TalonOneParty, back, item, talon_one_party, units_back

PATH = "/v2/customer_sessions/o1"


def of_talon_one(module: str, name: str) -> Any:
    return model("talon_one", module, name)


@pytest.fixture
async def party() -> AsyncIterator[TalonOneParty]:
    async with talon_one_party() as party:
        await party.sold("o1", item(0, "cup", 2, "l1"), item(1, "kettle", 3))
        yield party


async def answered(party: TalonOneParty, method: str, path: str, said: Json | None = None) -> tuple[int, Json]:
    url = f"/{party.name}{path}"
    reply = await party.theirs.request(method, url, json=said, headers=party.at.headers)
    return reply.status_code, reply.json()


async def test_a_session_of_the_peer_is_one_of_theirs(party: TalonOneParty) -> None:
    read = of_talon_one("integration_customer_session_response", "IntegrationCustomerSessionResponse")
    await party.system.do(units_back("o1", back("l2", "kettle", 1, ordered=3)))

    status, said = await answered(party, "GET", PATH)
    session = read.from_dict(said).customer_session

    assert (status, session.state, session.integration_id) == (200, "partially_returned", "o1")
    assert [(each.position, each.returned_quantity, each.remaining_quantity) for each in session.cart_items] == [
        (0, 0, 2),
        (1, 1, 2),
    ]


async def test_what_is_asked_of_a_return_is_what_they_read(party: TalonOneParty) -> None:
    await party.system.do(units_back("o1", back("l2", "kettle", 2, ordered=3)))

    (asked,) = (await party.post("books"))["log"]
    read = of_talon_one("return_integration_request", "ReturnIntegrationRequest").from_dict(asked)

    assert read.to_dict() == asked
    assert [(each.position, each.quantity) for each in read.var_return.returned_cart_items] == [(1, 2)]


async def test_an_answer_of_the_peer_to_a_return_is_one_of_theirs(party: TalonOneParty) -> None:
    wanted = {"return": {"returnedCartItems": [{"position": 1, "quantity": 2}]}, "responseContent": ["customerSession"]}

    _, said = await answered(party, "POST", f"{PATH}/returns", wanted)
    read = of_talon_one("integration_state_v2", "IntegrationStateV2").from_dict(said)

    assert read.var_return.session_integration_id == read.customer_session.integration_id == "o1"
    props = {
        "rollbackDiscount": ("rollback_discount_effect_props", "RollbackDiscountEffectProps"),
        "rollbackAddedLoyaltyPoints": (
            "rollback_added_loyalty_points_effect_props",
            "RollbackAddedLoyaltyPointsEffectProps",
        ),
    }
    assert [each.effect_type for each in read.effects] == list(props)
    assert [of_talon_one(*props[each.effect_type]).from_dict(each.props).value for each in read.effects] == [10, 20]


async def test_a_refusal_of_the_peer_is_one_of_theirs(party: TalonOneParty) -> None:
    too_many = {"return": {"returnedCartItems": [{"position": 1, "quantity": 4}]}}
    status, said = await answered(party, "POST", f"{PATH}/returns", too_many)
    refusal = of_talon_one("error_response", "ErrorResponse").from_dict(said)

    await party.locks_us_out()
    locked_out, unauthorized = await answered(party, "GET", PATH)

    assert (status, refusal.errors[0].source.pointer) == (400, "/return/returnedCartItems/0")
    assert locked_out == 401
    assert of_talon_one("error_response_with_status", "ErrorResponseWithStatus").from_dict(unauthorized).status_code


def test_the_paths_states_and_the_key_are_theirs() -> None:
    api, session = source("talon_one", "api/integration_api.py"), source("talon_one", "models/customer_session_v2.py")

    assert "resource_path='/v2/customer_sessions/{customerSessionId}'" in api
    assert "resource_path='/v2/customer_sessions/{customerSessionId}/returns'" in api
    assert f"set({json.dumps([str(each) for each in SessionState])})".replace('"', "'") in session
    assert "'api_key_v1'" in api and "'Authorization'" in source("talon_one", "configuration.py")
