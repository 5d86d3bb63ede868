"""The audit trail for those who need not believe the database: signed checkpoints, proofs, and the trail itself."""

import base64
import json
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from api import problems
from api.access import OpsOrOwner, ServicesDep
from api.described import described, json_schema
from api.paging import Cursor, Limit, page, place
from api.paths import AuditSequence
from api.schemas.audit import (
    AuditCheckpoint,
    AuditCheckpoints,
    AuditKey,
    AuditKeys,
    AuditLine,
    AuditProof,
    AuditTimeStamp,
    AuditVerification,
)
from db import audit_checks, checkpoints, journal, time_stamps
from domain.audit.checkpoints import SignedCheckpoint
from service.audit_signing import is_signed

_AT_ONCE = 1_000
_LARGEST = 2**63 - 1

router = APIRouter(prefix="/v1/audit", tags=["operations"])

EXPORTED: dict[str, Any] = {
    "description": "JSON lines: an entry each, the oldest first, with all that was hashed, and `hash`",
    "content": {"application/x-ndjson": {"schema": json_schema(AuditLine)}},
}

ExportLimit = Annotated[int, Query(ge=1, le=100_000, description="so many entries at most")]
ExportCursor = Annotated[
    str | None, Query(max_length=300, description="`sequence` of the last line before; left out for the first line")
]


@router.get("/verification", **described("verifyAuditTrail"))
async def verify_audit(services: ServicesDep, caller: OpsOrOwner) -> AuditVerification:
    """Recompute the whole chain of this merchant, and compare it with its numbers and with what was signed.

    Whoever owns the database could also change what this looks at: export checkpoints, and compare elsewhere.
    """
    async with services.engine.begin() as connection:
        await journal.seal(connection, caller.merchant_id)
    async with services.snapshots.connect() as connection:
        found = await audit_checks.verify(connection, caller.merchant_id, _fits_its_key)
    return AuditVerification(
        intact=found.why is None,
        broken_at=found.broken_at,
        why=found.why,
        entries=found.entries,
        anchored=found.anchored,
        not_anchored=found.entries - found.anchored,
    )


def _fits_its_key(signed: SignedCheckpoint) -> bool:
    return is_signed(signed, signed.public_key)


@router.get("/checkpoints", **described("listAuditCheckpoints"))
async def list_checkpoints(
    services: ServicesDep, caller: OpsOrOwner, cursor: Cursor = None, limit: Limit = 200
) -> AuditCheckpoints:
    """List what was signed of the trail, the oldest first: every 5 minutes or 1,000 entries, where there are new ones.

    Keep them elsewhere; who has them finds every change of the trail up to the last of them.
    """
    after = place(cursor)
    async with services.snapshots.connect() as connection:
        found = await checkpoints.after(connection, caller.merchant_id, after, limit + 1)
        shown, more = page(found, limit, lambda each: each.checkpoint.entries, lambda each: len(each.line))
        held = [each.checkpoint.entries for each in shown]
        stamps = await time_stamps.of_checkpoints(connection, caller.merchant_id, held)
    stamped = [
        AuditTimeStamp(entries=entries, token=base64.b64encode(token).decode()) for entries, token in stamps.items()
    ]
    return AuditCheckpoints(items=[_answer(each) for each in shown], time_stamps=stamped, next=more)


@router.get("/keys", **described("listAuditKeys"))
async def list_keys(services: ServicesDep, caller: OpsOrOwner) -> AuditKeys:
    """List the public keys that checkpoints were signed with."""
    async with services.snapshots.connect() as connection:
        keys = await checkpoints.public_keys(connection, caller.merchant_id)
    return AuditKeys(items=[AuditKey(key_id=key_id, public_key=key) for key_id, key in keys.items()])


@router.get("/entries/{sequence}/proof", **described("proveAuditEntry", "not_found"))
async def prove_entry(sequence: AuditSequence, services: ServicesDep, caller: OpsOrOwner) -> AuditProof:
    """Prove that an entry is in the trail that was signed; `not_found` also as long as no checkpoint holds it."""
    number = int(sequence) if sequence.isascii() and sequence.isdigit() else 0
    async with services.snapshots.connect() as connection:
        held = await checkpoints.at_least(connection, caller.merchant_id, number) if 0 < number <= _LARGEST else None
        if held is None:
            raise problems.not_found(f"a signed entry {sequence!r}")
        entry = (await checkpoints.entries_after(connection, caller.merchant_id, number - 1, 1))[0]
        path = await checkpoints.path(connection, caller.merchant_id, number, held.checkpoint.entries)
    return AuditProof(entry=json.loads(journal.exported(entry)), path=path, checkpoint=_answer(held))


@router.get("/export", response_class=StreamingResponse, responses={200: EXPORTED}, **described("exportAuditTrail"))
async def export_trail(
    services: ServicesDep, caller: OpsOrOwner, cursor: ExportCursor = None, limit: ExportLimit = 10_000
) -> StreamingResponse:
    """Export the trail as JSON lines. An empty answer is its end; a line that is cut off is asked for again."""
    after = place(cursor)
    async with services.engine.begin() as connection:
        await journal.seal(connection, caller.merchant_id)

    async def lines() -> AsyncIterator[str]:
        number, left = after, limit
        while left:
            async with services.snapshots.connect() as connection:
                entries = await checkpoints.entries_after(connection, caller.merchant_id, number, min(left, _AT_ONCE))
            if not entries:
                return
            yield "".join(f"{journal.exported(entry)}\n" for entry in entries)
            number, left = entries[-1]["sequence"], left - len(entries)

    return StreamingResponse(lines(), media_type="application/x-ndjson")


def _answer(signed: SignedCheckpoint) -> AuditCheckpoint:
    return AuditCheckpoint.model_validate(json.loads(signed.line))
