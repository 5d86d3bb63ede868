"""The published document is the reference: it is valid, whole and our own."""

import re

from tests.api.published import as_made, operations, published
from tests.shop import Shop
from tools.client import Json


async def test_the_service_says_that_it_is_alive_and_ready(shop: Shop) -> None:
    assert (await shop.http.get("/healthz")).json() == {"status": "ok"}
    assert (await shop.http.get("/readyz")).json() == {"postgres": "ok", "temporal": "ok", "clocks": "ok"}


async def test_the_document_that_is_served_is_the_one_that_make_check_holds_against_the_specification(
    shop: Shop,
) -> None:
    assert await published(shop.http) == as_made()


async def test_every_operation_has_an_id_of_ours_and_a_described_tag(shop: Shop) -> None:
    document = await published(shop.http)
    described = {tag["name"] for tag in document["tags"] if tag["description"]}

    for operation in operations(document):
        assert re.fullmatch(r"[a-z]+([A-Z][a-z]+)+", operation.name), operation
        assert set(operation.spec["tags"]) <= described, operation


async def test_every_operation_says_which_roles_and_codes_it_has(shop: Shop) -> None:
    document = await published(shop.http)

    for operation in operations(document):
        roles = operation.spec["x-roles"]
        said = "".join((f"`{role}`" in operation.spec["description"] and role) or "?" for role in roles)
        assert said == "".join(roles), operation.name
        assert bool(roles) == bool(operation.spec["security"]), operation.name


async def test_what_is_refused_is_one_problem_with_the_codes_of_the_operation(shop: Shop) -> None:
    document = await published(shop.http)

    assert "HTTPValidationError" not in str(document)
    for operation in operations(document):
        listed = set()
        for status, answer in operation.spec["responses"].items():
            if int(status) >= 400 and operation.name != "checkReadiness":
                (kind,) = answer["content"]
                assert kind == "application/problem+json", operation.name
                listed |= set(answer["content"][kind]["schema"]["properties"]["code"]["enum"])
        assert listed == operation.codes, operation.name


async def test_every_answer_in_the_document_names_its_request(shop: Shop) -> None:
    document = (await shop.http.get("/openapi.json")).json()

    answers = [
        answer
        for path in document["paths"].values()
        for operation in path.values()
        for answer in operation["responses"].values()
    ]
    assert {answer["headers"]["Request-Id"]["$ref"] for answer in answers} == {"#/components/headers/RequestId"}
    assert document["components"]["headers"]["RequestId"]["required"] is True


async def test_every_schema_field_and_parameter_is_described(shop: Shop) -> None:
    document = await published(shop.http)

    silent = [
        f"{name}: what it is" for name, schema in document["components"]["schemas"].items() if _says_nothing(schema)
    ]
    for name, schema in document["components"]["schemas"].items():
        silent += [f"{name}.{field}" for field, spec in schema.get("properties", {}).items() if _says_nothing(spec)]
    for operation in operations(document):
        parameters = operation.spec.get("parameters", [])
        silent += [f"{operation.name} {each['name']}" for each in parameters if _says_nothing(each)]

    assert not silent


def _says_nothing(described: Json) -> bool:
    return len(described.get("description", "")) < 5


async def test_who_asks_by_a_method_that_an_address_has_not_is_told_every_one_that_it_has(shop: Shop) -> None:
    document = await published(shop.http)

    for path, here in document["paths"].items():
        refused = await shop.http.request("OPTIONS", path.replace("{", "").replace("}", ""))
        allowed = set(refused.headers["Allow"].split(", "))
        assert refused.status_code == 405 and {method.upper() for method in here} <= allowed, path
        assert (await shop.http.request("PATCH", path.replace("{", "").replace("}", ""))).status_code == 405, path
