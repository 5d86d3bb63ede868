"""PayPal's REST API as its description has it, as a program: `python -m tests.gateways.paypal_peer PORT`.

It gives tokens, keeps each app's captures, orders and refunds, signs what it posts, and shares no code with the
adapter. What lies under `/_peer` is for the tests. `docs/gateways.md` names the documents.
"""

import asyncio
import base64
import json
import secrets
import sys
import zlib
from urllib.parse import parse_qsl, unquote, urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.gateways.paypal_peer_state import (
    APPS,
    BECOMES,
    App,
    Capture,
    Json,
    Refused,
    event_of,
    happened,
    not_found,
    order,
    refund,
    searched,
    shown,
    written,
)
from tests.gateways.peer_http import Request, Response, post, serve
from tests.gateways.peer_keys import own_key

TOKENS: dict[str, App] = {}


def token(request: Request) -> Json:
    """POST /v1/oauth2/token."""
    scheme, _, kept = request.headers.get("authorization", "").partition(" ")
    client_id, _, secret = base64.b64decode(kept).decode().partition(":")
    app = APPS.get(client_id)
    asked = dict(parse_qsl(request.body.decode()))
    if scheme != "Basic" or app is None or app.secret != secret or asked != {"grant_type": "client_credentials"}:
        raise Refused(401, "invalid_client")
    made = f"A21AA{secrets.token_urlsafe(24)}"
    TOKENS[made] = app
    app.tokens += 1
    lives = app.rules.get("token_lives_s", 32_400)
    return {"scope": "…", "access_token": made, "token_type": "Bearer", "app_id": "APP-80W2", "expires_in": lives}


async def turn(app: App, name: str) -> None:
    """What was pending, or paid, becomes what its capture says; then all is told, the newest first, each twice."""
    capture = app.captures[name]
    capture.is_short = False
    for each in app.of(capture):
        if capture.course in BECOMES and each["status"] != "FAILED":
            each["status"] = BECOMES[capture.course]
            each["update_time"] = written(app.now)
            each.pop("status_details", None)
            if each["status"] == "COMPLETED":
                each["acquirer_reference_number"] = f"7454{len(app.refunds):019d}"
            happened(app, each)
    told, app.untold = app.untold[::-1], []
    for event in told:
        await _tell(app, event)


async def _tell(app: App, event: Json) -> None:
    """Post an event twice."""
    body = json.dumps(event).encode()
    delivery, moment = secrets.token_hex(16), written(app.now)
    signed = f"{delivery}|{moment}|{app.webhook_id}|{zlib.crc32(body)}".encode()
    signature = base64.b64encode(app.key.sign(signed, padding.PKCS1v15(), hashes.SHA256())).decode()
    headers = {
        "content-type": "application/json",
        "paypal-transmission-id": delivery,
        "paypal-transmission-time": moment,
        "paypal-transmission-sig": signature,
        "paypal-cert-url": "https://api.paypal.com/v1/notifications/certs/CERT-360caa42-fca2a594-1d93a270",
        "paypal-auth-algo": "SHA256withRSA",
    }
    for _ in range(2):
        if app.notify_url:
            await post(app.notify_url, body, headers)


async def dispute(app: App, said: Json) -> None:
    """The customer complains: what is said is told at once, twice."""
    resource = {
        "dispute_id": "PP-D-27803",
        "create_time": written(app.now),
        "update_time": written(app.now),
        "disputed_transactions": [
            {"buyer_transaction_id": "3BC38643YC807283D", "seller_transaction_id": said["charge"]},
        ],
        "reason": "MERCHANDISE_OR_SERVICE_NOT_RECEIVED",
        "messages": [{"posted_by": "BUYER", "content": "Where is my parcel?"}],
        "dispute_channel": "INTERNAL",
        **said["resource"],
    }
    await _tell(app, event_of(app, said["event"], "dispute", resource))


async def answer(request: Request) -> Response:
    address = urlsplit(request.target)
    parts = [unquote(part) for part in address.path.strip("/").split("/")]
    if parts[0] == "_peer":
        return Response(200, json.dumps(await told(parts[1], json.loads(request.body or b"{}"))).encode())
    try:
        if parts == ["v1", "oauth2", "token"]:
            return Response(200, json.dumps(token(request)).encode())
        app = TOKENS.get(request.headers.get("authorization", "").removeprefix("Bearer "))
        if app is None:
            raise Refused(401, "AUTHENTICATION_FAILURE")
        return await _noted(app, request, address.path, parts, dict(parse_qsl(address.query)))
    except Refused as refused:
        return Response(refused.status, json.dumps(refused.said).encode(), refused.headers)


async def _noted(app: App, request: Request, path: str, parts: list[str], query: Json) -> Response:
    """Answer what an app asks, and keep both letter by letter, so that tests can hold them against the description."""
    noted: Json = {"method": request.method, "path": path, "body": request.body.decode(), "headers": request.headers}
    try:
        status, said, headers = *(await _answered(app, request, parts, query)), dict[str, str]()
    except Refused as refused:
        status, said, headers = refused.status, refused.said, refused.headers
    app.log.append({**noted, "status": status, "said": json.loads(json.dumps(said))})
    return Response(status, json.dumps(said).encode(), {"content-type": "application/json", **headers})


async def _answered(app: App, request: Request, parts: list[str], query: Json) -> tuple[int, Json]:
    match request.method, parts:
        case "POST", ["v2", "payments", "captures", name, "refund"]:
            request_id = request.headers.get("paypal-request-id", secrets.token_hex(8))
            return 201, await refund(app, name, json.loads(request.body), request_id)
        case "GET", ["v2", "payments", "captures", name]:
            return 200, shown(app, name)
        case "GET", ["v2", "checkout", "orders", name]:
            return 200, order(app, name)
        case "GET", ["v1", "reporting", "transactions"]:
            return 200, searched(app, query)
    raise not_found()


async def told(what: str, said: Json) -> Json:
    """Do what a test asks for."""
    if what == "app":
        key = own_key(said["key"])
        app = App(said["client_id"], said["secret"], said["webhook_id"], key, said["notify_url"])
        APPS[app.client_id] = app
        return {}
    app = APPS[said["account"]]
    match what:
        case "charges":
            name = said.get("id") or secrets.token_hex(9).upper()[:17]
            order_id = said.get("order") or secrets.token_hex(9).upper()[:17]
            course = said["course"]
            app.captures[name] = Capture(name, order_id, said["amount"], course, is_short=course == "IS_SHORT")
            return {"charge": name, "order": order_id}
        case "turn":
            await turn(app, said["charge"])
        case "dispute":
            await dispute(app, said)
        case "rules":
            app.rules |= said
        case "forget":
            app.requests.clear()
        case "end_tokens":
            for each in [kept for kept, of in TOKENS.items() if of is app]:
                del TOKENS[each]
        case "resign":
            app.key = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    return {"refunds": app.refunds, "tokens": app.tokens, "log": app.log}


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), answer))
