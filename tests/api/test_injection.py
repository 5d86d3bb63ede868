"""Nothing that comes is taken for SQL or for a template: it is what it is, in every id, query and word."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from tests.api.planted import Planted, plant
from tests.api.provoked_everywhere import CALLS, NOBODY
from tests.api.published import Operation, operations, published
from tests.api.test_personal_data import exported
from tests.shop import Shop
from tools.client import Json

ALL_ROWS = "x' or '1'='1"
COMMENTED = "x'; delete from refunds; --"
A_TEMPLATE = "{{7*7}}${7*7}{0.__class__}%(x)s%s"
HOSTILE = (ALL_ROWS, COMMENTED, A_TEMPLATE)

_OF_A_PROVIDER = ("beginSignIn", "completeSignIn")
"""Open to anybody, and limited by the address of the caller, which is that of all tests."""


class HostileWords(Planted):
    """What was planted where, each with the beginnings of a statement, of templates and of a tag."""

    def worded(self, place: str) -> str:
        return f"{place} {self.drawn}'; drop table refunds; --{{{{7*7}}}}${{7*7}}{{0}}%s<b>"


def addressed(operation: Operation, name: str) -> str:
    """The address of an operation with all of its ids called so."""
    path = operation.path
    for part in operation.spec.get("parameters", []):
        if part["in"] == "path":
            path = path.replace("{" + part["name"] + "}", quote(name, safe=""))
    return path + CALLS[operation.name].query


def words_of(operation: Operation) -> list[str]:
    """What may be said in the query in any words."""
    found = [part for part in operation.spec.get("parameters", []) if part["in"] == "query"]
    return [part["name"] for part in found if '"string"' in str(part["schema"]).replace("'", '"')]


async def ask(shop: Shop, operation: Operation, path: str, **query: str) -> tuple[int, str, int]:
    """Return the status, the code of a refusal, and how much is listed."""
    call = CALLS[operation.name]
    body: dict[str, Any] = {} if call.body is None else {"json": call.body}
    answer = await shop.raw(call.role, operation.method, path, params=query or None, **body)
    is_json = answer.headers.get("content-type", "").endswith("json")
    told: Json = answer.json() if is_json else {}
    return answer.status_code, told.get("code", ""), len(told.get("items", []))


async def test_an_id_with_sql_or_a_template_in_it_is_one_that_nobody_knows(shop: Shop) -> None:
    await shop.order()
    refund = await shop.refund(reason="changed_mind")
    known = [each for each in operations(await published(shop.http)) if each.name in CALLS]
    named = [each for each in known if "{" in each.path and each.name not in _OF_A_PROVIDER]
    making = [each for each in named if each.method == "PUT"]
    assert len(named) > 60 and len(making) > 10

    for operation in (each for each in named if each not in making):
        of_nobody = await ask(shop, operation, addressed(operation, NOBODY))
        for hostile in HOSTILE:
            assert await ask(shop, operation, addressed(operation, hostile)) == of_nobody, (operation.name, hostile)
    for operation in making:
        for hostile in HOSTILE:
            status, _, _ = await ask(shop, operation, addressed(operation, hostile))
            assert status < 500, (operation.name, hostile)

    shown = await shop.merchant.get("/v1/refunds", order_id="o1")
    assert [each["refund_id"] for each in shown["items"]] == [refund["refund_id"]]


async def test_a_query_with_sql_or_a_template_in_it_lists_nothing_of_others(shop: Shop, other_shop: Shop) -> None:
    for each in (shop, other_shop):
        await each.order()
        await each.refund(reason="changed_mind")
    asked = [each for each in operations(await published(shop.http)) if each.name in CALLS]

    tried = 0
    for operation in asked:
        for name in words_of(operation) if operation.name not in _OF_A_PROVIDER else ():
            path = addressed(operation, NOBODY).partition("?")[0]
            of_nobody = await ask(shop, operation, path, **{name: NOBODY})
            for hostile in HOSTILE:
                status, _, listed = await ask(shop, operation, path, **{name: hostile})
                assert status in (of_nobody[0], 422) and listed <= of_nobody[2], (operation.name, name)
                tried += 1

    assert tried > 60


async def test_words_with_sql_and_templates_in_them_are_kept_and_told_letter_by_letter(shop: Shop) -> None:
    planted, _ = await plant(shop, HostileWords())

    told = "\n".join(texts(await exported(shop)))

    assert len(planted.said) > 20
    assert [place for place, said in planted.said.items() if said not in told] == []
    assert (await shop.merchant.get("/v1/refunds"))["items"]


async def test_headers_with_sql_and_templates_in_them_name_nothing_else(shop: Shop) -> None:
    for order_id in ("o1", "o2"):
        await shop.order(order_id)
    of_o1, of_o2 = ({"order_id": each, "reason": "changed_mind", "kind": "refund_only"} for each in ("o1", "o2"))

    first, again = [await shop.merchant.post("/v1/refunds", of_o1, key=COMMENTED) for _ in range(2)]
    other = await shop.merchant.post("/v1/refunds", of_o2, key=ALL_ROWS)

    assert first["refund_id"] == again["refund_id"] != other["refund_id"]


def texts(told: Any) -> Iterator[str]:
    """Every text in an answer, as it is and not as JSON writes it."""
    if isinstance(told, str):
        yield told
    for each in told.values() if isinstance(told, dict) else told if isinstance(told, list) else ():
        yield from texts(each)
