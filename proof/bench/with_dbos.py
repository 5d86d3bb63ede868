"""`python -m proof.bench.with_dbos`: the API, and DBOS in the same process, instead of Temporal and a worker.

A POST is admitted by the same code in the same transaction; then a DBOS workflow is started where a Temporal workflow
would be. `--port` serves on another port than the settings': a second process beside the first.
"""

import argparse
import asyncio
import logging
from collections.abc import Callable, Coroutine
from contextvars import Context
from typing import Any, cast

from dbos import DBOS, SetWorkflowID
from temporalio.client import Client

from api.app import make_app
from api.deadline import Deadlines
from api.server import allow_connections, serving
from db import sealing
from db.engine import open_engine
from db.sealing import Ring
from gateways import registry
from gateways.addresses import Addresses
from gateways.locales import load_catalogue
from gateways.posting import Poster
from proof.bench.dbos_refund import DbosRefund
from service.carrier_accounts import Carriers
from service.entitlement_systems import EntitlementSystems
from service.vault import Vault
from settings import Settings
from temporal_client.apart import Activity, seen_by
from temporal_client.connection import connect
from worker import POOL_SIZE, activities
from workflows.contract import StartRefund

_OF_THE_API = 20
"""Connections, as many as the API has by itself (`api/program.py`)."""

_Run = Callable[[StartRefund], Coroutine[Any, Any, str]]


class Beginning:
    """Stands where the API expects a Temporal client, and starts workflows with DBOS. All else is the client's."""

    def __init__(self, client: Client, run: _Run) -> None:
        self._client = client
        self._run = run

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    async def start_workflow(self, _: object, start: StartRefund, *, id: str, **__: object) -> None:
        await asyncio.create_task(self._start(start, id), context=Context())  # nothing of the request is inherited

    async def _start(self, start: StartRefund, workflow_id: str) -> None:
        with SetWorkflowID(workflow_id):
            await DBOS.start_workflow_async(self._run, start)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m proof.bench.with_dbos")
    parser.add_argument("--port", type=int)
    settings, port = Settings.from_environment(), parser.parse_args().port
    logging.basicConfig(level="WARNING")
    sealing.use(Ring(settings.encryption_keys))
    engine = open_engine(settings.database_url, pool_size=2 * POOL_SIZE + 2, ping_after_s=None)
    carriers = Carriers(engine, None, registry.open_carrier(engine, settings.gateways))
    systems = EntitlementSystems(engine, None, Poster(Addresses(settings.webhook_addresses)))
    parties = registry.open_named(engine, settings.gateways)
    built = activities(engine, parties, carriers, systems, load_catalogue())
    refund = DbosRefund({each.__name__: _of_its_merchant(each) for each in built})
    DBOS(
        config={
            "name": "makewhole",
            "system_database_url": settings.database_url,  # tables of its own, in a schema of their own
            "executor_id": f"at-{port or settings.api_port}",
            "log_level": "WARNING",
            "run_migrations": False,  # done before both processes start
        }
    )
    run = cast(_Run, DBOS.workflow(name="refund")(_as_function(refund)))
    DBOS.launch()
    asyncio.run(_serve(settings, run, port or settings.api_port))
    DBOS.destroy()


def _of_its_merchant(deed: Activity) -> Activity:
    """Here no worker's interceptor says whose rows a step sees."""

    async def done(*command: Any) -> Any:
        async with seen_by(command):
            return await deed(*command)

    return done


def _as_function(refund: DbosRefund) -> _Run:
    async def run(start: StartRefund) -> str:
        return await refund.run(start)

    return run


async def _serve(settings: Settings, run: _Run, port: int) -> None:
    patience = Deadlines(settings.answer_within_s)
    engine = open_engine(
        settings.database_url, pool_size=_OF_THE_API, statement_s=patience.statement_s, lock_s=patience.lock_s
    )
    client = cast(Client, Beginning(await connect(settings.keys_for_temporal, lazy=True), run))
    allow_connections()
    await serving(
        make_app(
            engine,
            client,
            settings.webhook_secrets,
            Vault(settings.encryption_keys),
            patience,
            gateways=settings.gateways,
        ),
        settings.api_host,
        port,
    ).serve()


if __name__ == "__main__":
    main()
