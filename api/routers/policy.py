"""The merchant's refund policy."""

from fastapi import APIRouter

from api import problems
from api.access import In, Ops
from api.schemas.policy import PolicyAnswer, PolicyBody
from db import policies

router = APIRouter(prefix="/v1/policy", tags=["policy"])


@router.put("")
async def put_policy(body: PolicyBody, house: In, caller: Ops) -> PolicyAnswer:
    """Set the policy; fields left out take their defaults. Refunds keep the version they were requested under."""
    async with house.engine.begin() as connection:
        known = await policies.current(connection, caller.merchant_id)
        if body.version not in (None, known.version):
            raise problems.conflicting_state(
                f"the policy's version is {known.version}, not {body.version}: read it first"
            )
        saved = await policies.save(connection, caller.merchant_id, body.to_domain())
    return PolicyAnswer.of(saved.version, saved.policy)


@router.get("")
async def get_policy(house: In, caller: Ops) -> PolicyAnswer:
    async with house.engine.connect() as connection:
        known = await policies.current(connection, caller.merchant_id)
    return PolicyAnswer.of(known.version, known.policy)
