"""What our peer of Voucherify answers and what our adapter asks are read by the models of Voucherify's own package."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from domain.entitlements.elsewhere import CouponMove
from gateways.posting import Poster, Reply
from gateways.voucherify.gateway import VoucherifySystem
from tests.gateways.client_packages import Json, model, source
from tests.gateways.voucherify_party import VoucherifyParty, coupons, voucherify_party

BACK, REVOKED = CouponMove.REINSTATED, CouponMove.REVOKED

READ_BY = {
    "GET redemptions": ("redemptions_list_response_body", "RedemptionsListResponseBody"),
    "POST redemptions": ("redemptions_redeem_response_body", "RedemptionsRedeemResponseBody"),
    "POST rollback": ("redemptions_rollback_create_response_body", "RedemptionsRollbackCreateResponseBody"),
    "POST rollbacks": ("redemptions_rollbacks_create_response_body", "RedemptionsRollbacksCreateResponseBody"),
    "GET THANKS": ("vouchers_get_response_body", "VouchersGetResponseBody"),
    "POST disable": ("vouchers_disable_response_body", "VouchersDisableResponseBody"),
    "POST enable": ("vouchers_enable_response_body", "VouchersEnableResponseBody"),
}
"""The model of each answer, by the end of the path."""

ASKED_BY = {
    "POST redemptions": ("redemptions_redeem_request_body", "RedemptionsRedeemRequestBody"),
    "POST rollback": ("redemptions_rollback_create_request_body", "RedemptionsRollbackCreateRequestBody"),
    "POST rollbacks": ("redemptions_rollbacks_create_request_body", "RedemptionsRollbacksCreateRequestBody"),
}


@dataclass(slots=True)
class Heard:
    """What goes between the adapter and the peer: the method with the end of the path, what is asked, the answer."""

    poster: Poster
    calls: list[tuple[str, Json | None, Json]] = field(default_factory=list)

    async def post(self, url: str, body: bytes, *rest: Any, **more: Any) -> Reply:
        return self._note("POST", url, body, await self.poster.post(url, body, *rest, **more))

    async def get(self, url: str, *rest: Any, **more: Any) -> Reply:
        return self._note("GET", url, b"", await self.poster.get(url, *rest, **more))

    def _note(self, method: str, url: str, body: bytes, reply: Reply) -> Reply:
        what = f"{method} {url.partition('?')[0].rpartition('/')[2]}"
        self.calls.append((what, json.loads(body) if body else None, json.loads(reply.answer)))
        return reply


@pytest.fixture
async def party() -> AsyncIterator[VoucherifyParty]:
    async with voucherify_party(lambda poster, at: VoucherifySystem(Heard(poster), at)) as party:  # type: ignore[arg-type]
        yield party


async def everything_is_asked(party: VoucherifyParty) -> list[tuple[str, Json | None, Json]]:
    """Coupons alone and together come back and are used again; a granted one is revoked and given again."""
    await party.redeemed("o1", "A", "B")
    await party.redeemed("o2", "C")
    await party.post("granted", code="THANKS")
    for each in (
        coupons("o1", ("A", BACK), ("B", BACK)),
        coupons("o2", ("C", BACK)),
        coupons("o2", ("THANKS", REVOKED)),
    ):
        for ask in (party.system.look_up, party.system.do, party.system.undo):
            await ask(each)
    heard: Any = party.system._calls.poster
    calls: list[tuple[str, Json | None, Json]] = heard.calls
    return calls


async def test_what_the_peer_of_voucherify_answers_is_what_they_answer(party: VoucherifyParty) -> None:
    calls = await everything_is_asked(party)

    for what, _, answer in calls:
        read = model("voucherify", *READ_BY[what]).from_dict(answer)
        assert keeps_what_it_reads(read.to_dict(), answer), what
    assert {what for what, _, _ in calls} == set(READ_BY)


async def test_what_voucherify_is_asked_is_what_they_read(party: VoucherifyParty) -> None:
    calls = await everything_is_asked(party)

    bodies = {what: body for what, body, _ in calls if body is not None}
    for what, body in bodies.items():
        read = model("voucherify", *ASKED_BY[what]).from_dict(body)
        assert keeps_what_it_reads(read.to_dict(), body), what
    assert set(bodies) == set(ASKED_BY)


async def test_a_refusal_of_the_peer_of_voucherify_is_one_of_theirs(party: VoucherifyParty) -> None:
    headers = party.at.headers
    said = (await party.theirs.get("/v1/vouchers/NOBODYS", headers=headers)).json()

    read = model("voucherify", "error", "Error").from_dict(said)

    assert (read.code, read.key) == (404, "not_found") and keeps_what_it_reads(read.to_dict(), said)


def test_the_paths_of_voucherify_are_theirs() -> None:
    redemptions, vouchers = source("voucherify", "api/redemptions_api.py"), source("voucherify", "api/vouchers_api.py")

    for path in ("", "/{redemptionId}/rollback", "/{parentRedemptionId}/rollbacks"):
        assert f"resource_path='/v1/redemptions{path}'" in redemptions
    for path in ("", "/enable", "/disable"):
        assert f"resource_path='/v1/vouchers/{{code}}{path}'" in vouchers


def keeps_what_it_reads(read: Any, said: Any) -> bool:
    """Whether every field that was said is one of theirs, with that value: a model leaves aside what it has not."""
    if isinstance(said, dict):
        return isinstance(read, dict) and all(
            name in read and keeps_what_it_reads(read[name], said[name]) for name in said
        )
    if isinstance(said, list):
        return len(read) == len(said) and all(map(keeps_what_it_reads, read, said))
    return bool(read == said) or said is None
