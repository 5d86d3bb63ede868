"""`make histories`: play every scenario that has no history on the whole stack, and keep what Temporal has of it.

Histories are only added to; who means to record one anew deletes its file first.
"""

import asyncio
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from db.engine import open_engine
from settings import StackSettings
from tests.histories.scenarios import SCENARIOS, Scenario
from tests.shop import Shop, open_shop
from tests.tools.stack.helpers import fresh_home
from tools.client import open_http
from tools.in_clear import history_of
from tools.stack.stack import Stack, StackDescription
from tools.stack.temporal_client import connect

RECORDED = Path(__file__).parent / "recorded"
_NOBODY = "makewhole"


def main() -> None:
    with tempfile.TemporaryDirectory() as directory, fresh_home(Path(directory)) as home:
        plain = {name: value for name, value in os.environ.items() if not name.startswith(("MAKEWHOLE_", "TEMPORAL_"))}
        settings = StackSettings(home=home, api_port=0, database_url="", temporal_address="", environment=plain)
        with Stack(settings) as running:
            asyncio.run(_record(running.description))


async def _record(stack: StackDescription) -> None:
    RECORDED.mkdir(exist_ok=True)
    temporal = await connect(stack)
    engine = open_engine(stack.owner_database_url, pool_size=5)
    async with open_http(stack.api_url, at_once=5) as http:
        for scenario in (each for each in SCENARIOS if not _file_of(each).exists()):
            shop = await open_shop(http, engine, temporal)
            refund = await scenario(shop)
            await shop.workflow(refund).result()
            history = json.dumps(await _history(shop, refund["refund_id"]), indent=1, sort_keys=True)
            _file_of(scenario).write_text(history + "\n", encoding="utf-8")
            print(f"recorded {scenario.__name__}")
    await engine.dispose()


def _file_of(scenario: Scenario) -> Path:
    return RECORDED / f"{scenario.__name__}.json"


async def _history(shop: Shop, refund_id: str) -> Any:
    """Fetch the last run's history in clear, without what says on which machine it was made."""
    history = await history_of(shop.temporal, shop.workflow({"refund_id": refund_id}))
    return _anonymous(json.loads(history.to_json()))


def _anonymous(value: Any) -> Any:
    if isinstance(value, list):
        return [_anonymous(each) for each in value]
    if not isinstance(value, dict):
        return value
    if value.get("kind") == "TASK_QUEUE_KIND_STICKY":
        return {**value, "name": _NOBODY}
    return {name: _without_machine(name, each) for name, each in value.items()}


def _without_machine(name: str, value: Any) -> Any:
    if name in ("identity", "buildId", "stackTrace", "binaryChecksum", "requestId"):
        return _NOBODY
    return _anonymous(value)


if __name__ == "__main__":
    main()
