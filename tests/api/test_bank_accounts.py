"""A bank account with a request: what is taken, what is refused, and that nothing of it is repeated."""

import pytest

from api.schemas.refunds import RefundBody
from db.api_keys import Role
from tests.shop import Shop, a_line, a_payment
from tests.workflows.bank_desk import ACCOUNT, IBAN, TO_ACCOUNT, bank_desk
from tools.client import Json, Refused

A_NUMBER: Json = {"holder": "Li Lei", "account_number": "6222 0200 0000 1234", "bank_code": "CMBCCNBS"}


async def refused(shop: Shop, **fields: object) -> tuple[str, str, str]:
    """The code of what is refused, the field that is named, and all that was answered."""
    body = {"order_id": "o1", "reason": "quality_issue", "kind": "refund_only", **fields}
    answer = await shop.raw(Role.MERCHANT, "POST", "/v1/refunds", json=body)
    problem = answer.json()
    return problem["code"], (problem.get("errors") or [{"pointer": ""}])[0]["pointer"], answer.text


@pytest.mark.parametrize(
    ("account", "field"),
    [
        ({**ACCOUNT, "iban": IBAN[:-1] + "1"}, "/bank_account/iban"),
        ({**ACCOUNT, "iban": "DE89"}, "/bank_account/iban"),
        ({"iban": IBAN}, "/bank_account/holder"),
        ({**A_NUMBER, "account_number": "12345"}, "/bank_account/account_number"),
        ({**A_NUMBER, "bank_code": "?"}, "/bank_account/bank_code"),
        ({"holder": "Li Lei", "account_number": "6222020000001234"}, "/bank_account/bank_code"),
        ({**ACCOUNT, "bank_code": "CMBCCNBS"}, "/bank_account/bank_code"),
        ({**A_NUMBER, **ACCOUNT}, "/bank_account/account_number"),
        ({"holder": "Li Lei"}, "/bank_account/iban"),
    ],
)
async def test_a_wrong_account_is_refused_by_its_field_and_not_repeated(shop: Shop, account: Json, field: str) -> None:
    await bank_desk(shop)
    await shop.order()

    code, pointer, said = await refused(shop, refund_to="bank_transfer", bank_account=account)

    assert (code, pointer) == ("validation_failed", field)
    numbers = [account[name] for name in ("iban", "account_number") if name in account]
    assert not any(number in said for number in numbers)


async def test_a_request_names_its_account_and_only_one_that_goes_there_does(shop: Shop) -> None:
    await bank_desk(shop)
    await shop.order()

    assert (await refused(shop, refund_to="bank_transfer"))[:2] == ("validation_failed", "/bank_account")
    assert (await refused(shop, bank_account=ACCOUNT))[:2] == ("validation_failed", "/bank_account")
    assert (await shop.quote(refund_to="bank_transfer"))["bank_account"] is None


async def test_it_is_allowed_only_where_the_policy_says_so(shop: Shop) -> None:
    await shop.order()

    assert (await shop.ops.get("/v1/policy"))["refund_to_allowed"] == ["store_credit"]
    for ask in (shop.quote, shop.refund):
        with pytest.raises(Refused, match="422 refund_to_not_allowed"):
            await ask(**TO_ACCOUNT)


async def test_a_gift_card_never_becomes_money(shop: Shop) -> None:
    await bank_desk(shop)
    await shop.order(lines=[a_line("l1")], payments=[a_payment("p1", 10_00, "ch-o1", "gift_card")])

    with pytest.raises(Refused, match="422 refund_to_not_allowed: nothing of it was paid with money"):
        await shop.refund(**TO_ACCOUNT)


async def test_a_quote_says_where_it_goes_by_how_the_number_ends(shop: Shop) -> None:
    await bank_desk(shop)
    await shop.order()

    quoted = await shop.quote(refund_to="bank_transfer", bank_account=A_NUMBER)

    assert (quoted["refund_to"], quoted["bank_account"]) == ("bank_transfer", {"ends_in": "1234"})
    assert [(each["method"], each["status"]) for each in quoted["payouts"]] == [("bank_transfer", "planned")]
    (said,) = [each["text"] for each in quoted["explanations"] if each["figure"] == "payout"]
    assert "to the bank account that you named" in said


async def test_the_same_request_under_its_key_is_answered_again_without_a_second_account(shop: Shop) -> None:
    await bank_desk(shop)
    await shop.order()
    body = {"order_id": "o1", "reason": "quality_issue", "kind": "refund_only", **TO_ACCOUNT}

    first, again = [await shop.merchant.post("/v1/refunds", body, key="once") for _ in range(2)]

    assert first == again and IBAN not in str(first)
    with pytest.raises(Refused, match="409 idempotency_key_reused"):
        await shop.merchant.post("/v1/refunds", {**body, "bank_account": A_NUMBER}, key="once")


def test_a_request_is_never_written_down_with_its_account() -> None:
    body = RefundBody.model_validate({"order_id": "o1", "reason": "quality_issue", **TO_ACCOUNT})

    assert body.model_dump()["bank_account"] == {"ends_in": "3000"}
    assert not any(IBAN in said or "Li Lei" in said for said in (repr(body), str(body), body.model_dump_json()))


async def test_only_a_transfer_that_was_made_has_a_reference(shop: Shop) -> None:
    await shop.order()
    refund = await shop.refund()
    said = {"step": "pay_out", "action": "retry", "reference": "TRX-1"}

    answer = await shop.raw(Role.OPS, "POST", f"/v1/refunds/{refund['refund_id']}/resolution", json=said)

    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")
