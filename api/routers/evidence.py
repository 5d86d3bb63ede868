"""Pictures as evidence: sent here, made anew without anything but their pixels, read by whom they concern."""

import json
import logging
from typing import Any

from fastapi import APIRouter, Request, Response

from api import problems
from api.access import AnyCaller, MerchantOrCustomerOrWarehouse, Services, ServicesDep
from api.described import described
from api.paths import EvidenceId
from api.rate_limits import LIMITED, spend
from api.schemas.evidence import PictureAnswer
from db import pictures
from db.api_keys import Caller
from domain import spelling
from gateways.files.port import StoreDown
from service.picture_files import MOST_BYTES, MOST_PIXELS, NotAPicture
from service.pictures import PictureGone, Pictures

log = logging.getLogger("api")

router = APIRouter(prefix="/v1/evidence", tags=["refunds"])

_KINDS = ("image/jpeg", "image/png", "image/webp")
_A_PICTURE: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}, "example": "…"}
_PIXELS: dict[str, Any] = {"description": "The picture.", "content": {"image/jpeg": _A_PICTURE}}


@router.post(
    "",
    status_code=201,
    **described(
        "sendPicture",
        "validation_failed",
        requestBody={"required": True, "content": dict.fromkeys(_KINDS, _A_PICTURE)},
        **{LIMITED: ["pictures_per_key", "pictures_per_customer"]},
    ),
    description=f"Send a picture as it is: JPEG, PNG or WebP, at most {MOST_BYTES // 1024**2} MiB and "
    f"{MOST_PIXELS // 10**6} megapixels. It is kept as a JPEG of its pixels alone, upright; where and by what it was "
    "taken is not kept. What kind it is, is seen in it: `Content-Type` is not looked at. Nothing has to be undone "
    "where it is sent twice: a picture that nothing refers to goes after a day.",
)
async def send_picture(
    request: Request, response: Response, services: ServicesDep, caller: MerchantOrCustomerOrWarehouse
) -> PictureAnswer:
    told = await spend(services, [_quota(services, caller)])
    keeping = _kept_here(services)
    try:
        kept = await keeping.keep(caller, await request.body())
    except NotAPicture as none:
        raise problems.validation_failed(f"this is no picture that is taken: {none}") from none
    except StoreDown as down:
        raise _unavailable(down) from down
    response.headers.update(told)
    return PictureAnswer(
        evidence=spelling.PICTURE + kept.evidence_id,
        evidence_id=kept.evidence_id,
        width=kept.width,
        height=kept.height,
        size=kept.size,
        kept_until=kept.kept_until,
    )


@router.get("/{evidence_id}", response_class=Response, responses={200: _PIXELS}, **described("getPicture", "not_found"))
async def read_picture(evidence_id: EvidenceId, services: ServicesDep, caller: AnyCaller) -> Response:
    """Read a picture, to be saved and not shown: for staff of the merchant, and the customer whose it is."""
    async with services.snapshots.connect() as connection:
        name = await pictures.find(connection, caller, evidence_id)
    if name is None:
        raise problems.not_found(f"picture {evidence_id!r}")
    try:
        content = await _kept_here(services).content(name)
    except PictureGone as gone:
        log.error("picture %s has no file in the store", evidence_id)
        raise problems.not_found(f"picture {evidence_id!r}") from gone
    except StoreDown as down:
        raise _unavailable(down) from down
    private = {
        "Cache-Control": "private, no-store",
        "Content-Disposition": f'attachment; filename="{evidence_id}.jpg"',
        "X-Content-Type-Options": "nosniff",
    }
    return Response(content, media_type="image/jpeg", headers=private)


def _kept_here(services: Services) -> Pictures:
    if services.pictures is None:
        log.error("MAKEWHOLE_EVIDENCE_FOLDER or MAKEWHOLE_EVIDENCE_S3_BUCKET is not set: no pictures are kept")
        raise problems.try_again("pictures are not kept here yet: send links")
    return services.pictures


def _quota(services: Services, caller: Caller) -> Any:
    """Customers are limited by themselves, with all keys and sessions; programs of a merchant send for many."""
    quotas = services.quotas
    if caller.customer_id is not None:
        return quotas.pictures_per_customer, json.dumps([caller.merchant_id, caller.customer_id])
    return quotas.pictures_per_key, caller.key_id


def _unavailable(down: StoreDown) -> problems.ProblemRaised:
    log.error("%s", down)
    return problems.try_again("the store of pictures does not answer now; nothing is lost, send it again")
