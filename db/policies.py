"""Versions of a merchant's refund policy; version 0 is the default that nobody had to write."""

from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, Interval, Select, cast, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from db import locks
from db.built import built_once
from db.codec import from_json, to_json
from db.schema import policies, refunds
from domain.durations import span
from domain.policy import Policy


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    version: int
    policy: Policy


async def current(connection: AsyncConnection, merchant_id: str) -> PolicyVersion:
    row = (await _newest(merchant_id=merchant_id).on(connection)).one_or_none()
    return PolicyVersion(row.version, from_json(Policy, row.document)) if row else PolicyVersion(0, Policy())


@built_once
def _newest(*, merchant_id: Any) -> Select[Any]:
    return select(policies).where(policies.c.merchant_id == merchant_id).order_by(policies.c.version.desc()).limit(1)


async def hold(connection: AsyncConnection, merchant_id: str) -> None:
    """Let one transaction at a time change a merchant's policy: each change gets a version of its own."""
    await locks.hold(connection, "policy", merchant_id)


async def at_version(connection: AsyncConnection, merchant_id: str, version: int) -> Policy:
    if version == 0:
        return Policy()
    found = await _document(merchant_id=merchant_id, version=version).on(connection)
    return from_json(Policy, found.scalar_one())


@built_once
def _document(*, merchant_id: Any, version: Any) -> Select[Any]:
    return select(policies.c.document).where(policies.c.merchant_id == merchant_id, policies.c.version == version)


async def of_refund(connection: AsyncConnection, refund_id: str) -> Policy:
    """Return the policy that a refund's deadlines and review go by."""
    row = (await _of_refund(refund_id=refund_id).on(connection)).one()
    return Policy() if row.policy_version == 0 else from_json(Policy, row.document)


@built_once
def _of_refund(*, refund_id: Any) -> Select[Any]:
    of_refund = (policies.c.merchant_id == refunds.c.merchant_id) & (policies.c.version == refunds.c.policy_version)
    query = select(refunds.c.policy_version, policies.c.document).outerjoin_from(refunds, policies, of_refund)
    return query.where(refunds.c.refund_id == refund_id)


async def save(connection: AsyncConnection, merchant_id: str, policy: Policy) -> PolicyVersion:
    """Store `policy` as the next version; one that changes nothing keeps the current version.

    Whoever read the current version before, to change it, holds it still with `hold`.
    """
    known = await current(connection, merchant_id)
    if known.policy == policy:
        return known
    row = {"merchant_id": merchant_id, "version": known.version + 1, "document": to_json(policy)}
    await connection.execute(insert(policies).values(row))
    return PolicyVersion(known.version + 1, policy)


def lasts_s(name: Literal["review_sla", "inspection_sla"]) -> ColumnElement[Any]:
    """How many seconds the policy of a refund, joined to it, gives for this; a month is thirty days, as everywhere."""
    usual = span(getattr(Policy(), name)).total_seconds()
    return func.coalesce(func.extract("epoch", cast(policies.c.document[name].astext, Interval)), int(usual))
