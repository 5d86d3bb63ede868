"""The merchant's own reasons to ask for a refund."""

from fastapi import APIRouter

from api import problems
from api.access import Ops, ServicesDep
from api.described import described
from api.schemas.reasons import MOST_KNOWN, ReasonBody, ReasonsAnswer, ReasonsBody
from db import journal, reasons
from db.reasons import TaxonomyVersion
from domain.audit_actions import AuditAction

router = APIRouter(prefix="/v1/reasons", tags=["reasons"])


@router.put("", **described("putReasons", "conflicting_state", "limit_reached"))
async def put_reasons(body: ReasonsBody, services: ServicesDep, caller: Ops) -> ReasonsAnswer:
    """Set the reasons that refund requests can give beside the four; each stands for one of them (rule 55).

    One that is left out is retired. A refund keeps what its reason stood for and was called when it was asked for.
    """
    async with services.engine.begin() as connection:
        await reasons.hold(connection, caller.merchant_id)
        known = await reasons.current(connection, caller.merchant_id)
        if body.version not in (None, known.version):
            raise problems.conflicting_state(
                f"the version of the reasons is {known.version}, not {body.version}: read them first"
            )
        taxonomy = known.taxonomy.changed_to([each.to_domain() for each in body.reasons])
        if len(taxonomy.reasons) > MOST_KNOWN:
            raise problems.limit_reached(
                f"at most {MOST_KNOWN} reasons are known, with the retired ones these are {len(taxonomy.reasons)}"
            )
        saved = await reasons.save(connection, caller.merchant_id, known, taxonomy)
        detail = {"version": saved.version, "reasons": body.model_dump(mode="json")["reasons"]}
        note = journal.Note(AuditAction.REASONS_CHANGED, f"reasons version {saved.version}", caller.name, detail)
        await journal.record_of_merchant(connection, caller.merchant_id, note)
        return _answer(saved)


@router.get("", **described("getReasons"))
async def get_reasons(services: ServicesDep, caller: Ops) -> ReasonsAnswer:
    """Read the merchant's own reasons, those in use first, then the retired ones."""
    async with services.snapshots.connect() as connection:
        return _answer(await reasons.current(connection, caller.merchant_id))


def _answer(known: TaxonomyVersion) -> ReasonsAnswer:
    return ReasonsAnswer(reasons=[ReasonBody.of(each) for each in known.taxonomy.reasons], version=known.version)
