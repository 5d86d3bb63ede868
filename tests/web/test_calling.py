"""Pages ask the API as their visitor, and hear its refusals as they are."""

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from web.calling import Api, Refused, address

VISITOR = Request({"type": "http", "headers": [], "client": ("192.0.2.7", 4711)})


class Asked:
    """An application that remembers by whom it was asked, and refuses."""

    def __init__(self) -> None:
        self.scope: Scope = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope = scope
        errors = [{"pointer": "/note", "detail": "too long"}]
        said = {"code": "validation_failed", "detail": "no", "errors": errors}
        await JSONResponse(said, 422, headers={"Retry-After": "7"})(scope, receive, send)


async def test_the_api_is_asked_with_the_visitors_key_and_address_and_says_what_is_wrong() -> None:
    api = Asked()

    with pytest.raises(Refused) as refused:
        await Api(api).as_visitor(VISITOR, "mk_session_x").post(address("/v1/{}/x", "a/b?"), {}, idempotency_key="k")

    headers = dict(api.scope["headers"])
    assert (api.scope["client"], headers[b"authorization"]) == (("192.0.2.7", 4711), b"Bearer mk_session_x")
    assert (api.scope["raw_path"], headers[b"idempotency-key"]) == (b"/v1/a%2Fb%3F/x", b"k")
    assert (refused.value.code, refused.value.errors, refused.value.after_s) == (
        "validation_failed", {"/note": "too long"}, 7,
    )  # fmt: skip


async def test_who_has_no_key_sends_none() -> None:
    api = Asked()

    with pytest.raises(Refused):
        await Api(api).as_visitor(VISITOR, "").get("/v1/x")

    assert b"authorization" not in dict(api.scope["headers"])
