"""`make reconcile REPORT=november.csv GATEWAY=wechat FORMAT=wechat_pay` sends a report to the stack of `make up`.

Each difference is a line; the last line is one JSON object. It ends with 1 where something differs, with 2 where the
report was refused.
"""

import argparse
import json
import sys
import time
from pathlib import Path

import httpx

from settings import StackSettings
from tools.client import Json
from tools.stack.stack import DESCRIPTION

_PATIENCE_S = 1_800.0


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools reconcile")
    parser.add_argument("report", type=Path)
    parser.add_argument("--gateway", required=True)
    parser.add_argument("--format", required=True)
    asked = parser.parse_args(arguments)
    described = StackSettings.from_environment().home / DESCRIPTION
    try:
        told = _reconciled(json.loads(described.read_text(encoding="utf-8")), asked)
    except FileNotFoundError as missing:
        return _refuse(f"{missing.filename} is not there: start `make up`, and name a report that is")
    except (OSError, httpx.HTTPError) as trouble:
        return _refuse(f"the report was not read: {trouble}")
    print(json.dumps(told))
    if told["status"] != "read":
        return _refuse(told["fault"])
    return 1 if any(told["differences"].values()) else 0


def _reconciled(stack: Json, asked: argparse.Namespace) -> Json:
    """Send a report, wait until it is read, and say what differs."""
    headers = {"Authorization": f"Bearer {stack['keys']['ops']}"}
    query = {"gateway": asked.gateway, "format": asked.format, "name": asked.report.name}
    with httpx.Client(base_url=stack["api_url"], headers=headers, trust_env=False, timeout=30.0) as http:
        sent = http.post("/v1/settlement-reports", params=query, content=asked.report.read_bytes())
        if sent.is_client_error:
            return {"status": "refused", "fault": sent.json()["detail"]}
        told = _read(http, sent.raise_for_status().json()["report_id"])
        listed = http.get("/v1/settlement-reports/differences", params={"report_id": told["report_id"]})
    for each in listed.raise_for_status().json()["items"]:
        print(f"{each['reference']}: {each['difference']}. {each['what_to_do']}")
    return {**told, **(told["differences"] or {})}


def _read(http: httpx.Client, report_id: str) -> Json:
    """Wait until a report is read, or refused; raises TimeoutError."""
    until = time.monotonic() + _PATIENCE_S
    while time.monotonic() < until:
        told: Json = http.get(f"/v1/settlement-reports/{report_id}").raise_for_status().json()
        if told["status"] != "accepted":
            return told
        time.sleep(0.5)
    raise TimeoutError(f"{report_id} was not read in {_PATIENCE_S:g} s; GET /v1/settlement-reports/{report_id}")


def _refuse(why: str) -> int:
    print(why, file=sys.stderr)
    return 2
