"""Staff sign in at a provider that others wrote, with its own pages: the Okta of npm's `emulate`."""

import html
import json
import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx

from db.api_keys import Role
from tests.api.provider import CURRENT, Browser
from tests.shop import IN_TIME_S, Shop
from tools.client import Json
from tools.demo.parties.parties import PACKAGES, node_program
from tools.demo.parties.running import running
from tools.stack import ports

HAN = "han@shop.example"


def told(port: int) -> Json:
    return {
        "issuer": f"http://localhost:{port}/oauth2/default",
        "client_id": "makewhole",
        "client_secret": "a-secret",
        "address": "https://refunds.shop.example",
        "roles": [{"claim": "groups", "value": "refund-reviewers", "role": "reviewer"}],
        "people": [{"person": "han.meimei", "email": HAN}],
    }


def seed(redirect_uri: str) -> Json:
    """What it is told of the shop: one client, two people, of whom one is in the group."""
    names = {HAN: ("Han", "Meimei"), "lin@shop.example": ("Lin", "Tao")}
    client = {"client_id": "makewhole", "client_secret": "a-secret", "name": "makewhole", "auth_server_id": "default"}
    return {
        "okta": {
            "users": [
                {"login": each, "email": each, "first_name": first, "last_name": last, "okta_id": f"00u_{first}"}
                for each, (first, last) in names.items()
            ],
            "groups": [{"name": "refund-reviewers", "type": "OKTA_GROUP", "okta_id": "00g_reviewers"}],
            "group_memberships": [{"group_okta_id": "00g_reviewers", "user_okta_id": "00u_Han"}],
            "authorization_servers": [{"id": "default", "name": "default", "audiences": ["api://default"]}],
            "oauth_clients": [{**client, "redirect_uris": [redirect_uri]}],
        }
    }


async def chosen(http: httpx.AsyncClient, location: str, who: str) -> str:
    """Be somebody on the provider's page, and return where that sends the browser: the path and query of it."""
    page = (await http.get(location)).raise_for_status().text
    forms = re.findall(r"<form.*?</form>", page, re.DOTALL)
    (form,) = [each for each in forms if who in each]
    action = re.findall(r'action="([^"]+)"', form)[0]
    fields = {name: html.unescape(value) for name, value in re.findall(r'name="([^"]+)" value="([^"]*)"', form)}
    answer = await http.post(str(httpx.URL(location).join(action)), data=fields)
    back = urlsplit(answer.headers["location"])
    assert back.netloc == "refunds.shop.example"
    return f"{back.path}?{back.query}"


async def test_one_signs_in_at_okta_works_and_signs_out(shop: Shop, tmp_path: Path) -> None:
    port = ports.any_free()
    known = (
        (await shop.raw(Role.OWNER, "PUT", "/v1/identity-providers/okta", json=told(port))).raise_for_status().json()
    )
    seeded = tmp_path / "seed.json"
    seeded.write_text(json.dumps(seed(known["redirect_uri"])))
    program = (str(node_program()), str(PACKAGES / "emulate" / "dist" / "index.js"), "start", "--service", "okta")
    here = running(*program, "--port", str(port), "--seed", str(seeded), port=port, log=tmp_path / "okta.log")
    async with here, httpx.AsyncClient(timeout=IN_TIME_S) as pages:
        han, lin = Browser(shop.http), Browser(shop.http)
        back, others = [
            await chosen(pages, (await each.get(known["sign_in_path"])).headers["location"], who)
            for each, who in ((han, HAN), (lin, "lin@shop.example"))
        ]
        came, again, other = await han.get(back), await han.get(back), await lin.get(others)
        own = (await han.get(CURRENT)).json()
        done = await han.write("DELETE", CURRENT)
        there = await pages.get(done.json()["end_session_url"])

    assert (came.status_code, again.status_code, other.status_code) == (303, 401, 403), other.text
    assert (own["person"], own["role"]) == ("han.meimei", "reviewer")
    assert there.status_code < 400 and parse_qs(urlsplit(done.json()["end_session_url"]).query)["id_token_hint"]
    assert (await han.get(CURRENT)).status_code == 401
