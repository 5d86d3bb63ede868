"""Keys that an earlier version remembered are known again after an upgrade."""

from sqlalchemy.ext.asyncio import AsyncEngine

from api.idempotent import IdempotentRequest
from api.schemas.refunds import RefundBody
from db import idempotency
from db.api_keys import Caller, Role
from db.idempotency import Key
from domain.claims.reasons import Reason

OF_VERSION_0_1_0 = "86369fe62f42583208e26693c474e19042d709e0ae8dcd339e065bdacccbb3f1"
"""What 0.1.0 remembered of this request."""


async def test_a_request_remembered_by_an_earlier_version_is_known_again(engine: AsyncEngine) -> None:
    caller = Caller("remembered", Role.MERCHANT, None)
    body = RefundBody(order_id="o1", reason=Reason.CHANGED_MIND)
    async with engine.begin() as connection:
        key = Key(caller.merchant_id, "", "k1")  # 0.1.0 did not keep whose a key is
        await idempotency.keep(connection, key, OF_VERSION_0_1_0, idempotency.KeptAnswer(202, {"refund_id": "rf_1"}))

    async def never(_: object) -> RefundBody:
        raise AssertionError("it was answered before")

    answer, is_new = await IdempotentRequest(engine, caller, "k1", "/v1/refunds", body).once(202, never)

    assert (answer.status_code, is_new) == (202, False)
