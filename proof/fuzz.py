"""`make fuzz`: every operation of the published document, asked by every role with what it allows and what it forbids.

Schemathesis makes the requests and holds each answer against the document: its code, type, headers and schema, and no
5xx. It runs in an environment of its own, against a stack of its own. Half of the ids in its addresses are those of a
merchant who has orders, a paid refund and one under review. The last line is one JSON object: by role, how many
requests were made, and of which operations an answer was not as documented.
"""

import argparse
import asyncio
import json
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from api.keys import new_key, store_key
from db.api_keys import Role
from proof.bench.statements import an_order
from settings import StackSettings
from tools.client import Api, Json, open_http
from tools.fresh_home import fresh_home
from tools.stack.stack import Stack, StackDescription

_ENDLESS = ("/v1/refunds/{refund_id}/events",)
"""What answers as long as somebody listens."""

_CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
)
"""Not what `Allow` says: that `GET /v1/refunds/quote` finds a refund of that name is to Schemathesis not documented."""

_CUSTOMER, _COUPON, _CAMPAIGN = "lilei", "WELCOME", "spring"
_REVIEWED_ABOVE = 5_000
_ANSWERED_WITHIN_S = 60
"""Longer than the API takes for any answer (`MAKEWHOLE_ANSWER_WITHIN_S`), whatever else runs."""
_NO_LIMIT = " ".join(f"{name}=1000000000" for name in ("requests_per_key", "requests_per_customer"))


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m proof.fuzz")
    parser.add_argument("--examples", type=int, default=50, help="how many requests of an operation and a kind at most")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("roles", nargs="*", metavar="role", help="which ones; all, if none is named")
    wanted = parser.parse_args(arguments)
    roles = [Role(role) for role in wanted.roles or Role]
    settings = StackSettings.from_environment()
    settings = replace(settings, environment={**settings.environment, "MAKEWHOLE_LIMITS": _NO_LIMIT})
    with fresh_home(settings) as fresh, Stack(fresh) as stack:
        shop = asyncio.run(_a_shop(stack.description))
        figures = {role.value: shop.tried_by(role, wanted.examples, wanted.seed) for role in roles}
    print(json.dumps(figures))
    return 1 if any(found["not_as_documented"] or found["errors"] for found in figures.values()) else 0


class _Shop:
    """A merchant to be asked: ids by the name that the document has for them."""

    def __init__(self, api_url: str, keys: Mapping[Role, str], ids: Mapping[str, list[str]]) -> None:
        self._api_url = api_url
        self._keys = keys
        self._ids = ids

    def tried_by(self, role: Role, examples: int, seed: int) -> Json:
        """Run Schemathesis with the key of a role; what it finds it prints."""
        with tempfile.TemporaryDirectory() as directory:
            config, report = Path(directory) / "schemathesis.toml", Path(directory) / "report.json"
            config.write_text(self._configured(), encoding="utf-8")
            print(f"--- as {role} ---", flush=True)
            subprocess.run(
                [
                    *(os.environ["SCHEMATHESIS"], "--config-file", str(config), "run", f"{self._api_url}/openapi.json"),
                    *("--url", self._api_url, "--header", f"Authorization: Bearer {self._keys[role]}"),
                    *("--checks", ",".join(_CHECKS), "--continue-on-failure"),
                    *("--max-examples", str(examples), "--seed", str(seed), "--suppress-health-check", "all"),
                    *("--request-timeout", str(_ANSWERED_WITHIN_S)),
                    *(option for path in _ENDLESS for option in ("--exclude-path", path)),
                    *("--report", "json", "--report-json-path", str(report), "--warnings", "off"),
                ],
                check=False,
                env={**os.environ, "SCHEMATHESIS_HOOKS": "proof.fuzz_hooks"},
            )
            return _counted(json.loads(report.read_text(encoding="utf-8")))

    def _configured(self) -> str:
        known = [f"[dictionaries.{name}]\nvalues = {json.dumps(values)}" for name, values in self._ids.items()]
        used = [f'{name} = {{ dictionary = "{name}", probability = 0.5 }}' for name in self._ids]
        return "\n".join(["[cache]", "enabled = false", *known, "[parameters]", *used, ""])


def _counted(report: Json) -> Json:
    return {
        "operations": report["operations"]["tested"],
        "requests": report["test_cases"]["generated"],
        "not_as_documented": {each["code"]: each["operations"] for each in report["failures"]},
        "errors": report["errors"],
    }


async def _a_shop(stack: StackDescription) -> _Shop:
    merchant_id = f"m-{secrets.token_hex(6)}"
    keys = {role: new_key(role) for role in Role}
    for role, key in keys.items():
        customer_id = _CUSTOMER if role is Role.CUSTOMER else None
        await store_key(stack.owner_database_url, key, merchant_id, role, customer_id)
    async with open_http(stack.api_url) as http:
        merchant, ops = Api(http, keys[Role.MERCHANT]), Api(http, keys[Role.OPS])
        await ops.put("/v1/policy", {"auto_approve": {"max_amount": _REVIEWED_ABOVE, "max_risk": 100}})
        orders, refunds = ["o1", "o2", "o3"], list[str]()
        for order_id in orders:
            await merchant.put(f"/v1/orders/{order_id}", an_order(_CUSTOMER, f"ch-{order_id}"))
        for order_id in orders[:2]:
            asked = {"order_id": order_id, "reason": "quality_issue", "kind": "refund_only"}
            refunds.append((await merchant.post("/v1/refunds", asked))["refund_id"])
    return _Shop(stack.api_url, keys, {"order_id": orders, "refund_id": refunds, "customer_id": [_CUSTOMER]})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
