"""A request is answered within the time that operations have set, whatever it waits for."""

import asyncio

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from api.deadline import Deadline, Deadlines
from settings import Settings, StackSettings

DATABASE = {"MAKEWHOLE_DATABASE_URL": "postgresql://localhost/makewhole"}


async def never(_scope: Scope, _receive: Receive, _send: Send) -> None:
    await asyncio.Event().wait()


async def test_what_is_never_decided_is_answered_all_the_same() -> None:
    transport = httpx.ASGITransport(Deadline(never, Deadlines(0.01)))

    async with httpx.AsyncClient(transport=transport, base_url="http://makewhole") as http:
        answer = await http.get("/v1/refunds/r1")

    assert (answer.status_code, answer.json()["code"]) == (503, "temporarily_unavailable")
    assert "Idempotency-Key" in answer.json()["detail"]


def test_what_a_request_waits_for_is_over_before_the_request_is() -> None:
    patience = Deadlines(Settings.from_environment(DATABASE).answer_within_s)

    assert patience.statement_s < patience.update_s < patience.request_s == 25


@pytest.mark.parametrize("wrong", ["", "4", "601", "-5", "2.5", "soon", "²"])
def test_a_time_that_can_not_be_meant_is_refused_by_its_name(wrong: str) -> None:
    for settings in (Settings, StackSettings):
        with pytest.raises(ValueError, match=r"MAKEWHOLE_ANSWER_WITHIN_S is .* 5 to 600 whole seconds"):
            settings.from_environment({**DATABASE, "MAKEWHOLE_ANSWER_WITHIN_S": wrong})
