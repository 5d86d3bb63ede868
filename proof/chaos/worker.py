"""`python -m proof.chaos.worker FILE`: the worker of `make chaos`; it dies at the point that the file names."""

import asyncio
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine

import worker
from gateways import registry
from gateways.ports import PaymentGateway
from proof.chaos.crash_points import CrashPoints, WatchedGateway


def watched_gateways(request: Path, engine: AsyncEngine, names: Sequence[str]) -> Mapping[str, PaymentGateway]:
    """Make the worker's own gateways; they and every transaction of the engine are points at which it may die."""
    points = CrashPoints(request)
    points.watch(engine)
    return {name: WatchedGateway(gateway, points) for name, gateway in registry.open_named(engine, names).items()}


if __name__ == "__main__":
    asyncio.run(worker.main(partial(watched_gateways, Path(sys.argv[1]))))
