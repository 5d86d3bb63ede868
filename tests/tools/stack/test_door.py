"""The door of the embedded Temporal: who has which key may do what, and nobody comes in beside it."""

import asyncio
import json
import os
import stat
import subprocess
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import pytest
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.api.workflowservice.v1 import request_response_pb2
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from tests.shop import IN_TIME_S
from tests.tools.stack.helpers import supervised
from tests.tools.stack.servers import started_temporal
from tools.stack.door.calls import Caller
from tools.stack.door.gate import Gate, NotSpoken
from tools.stack.door.roles import DoorRole, Keys, may_browse, may_call
from tools.stack.temporal import EmbeddedTemporal, find_program

LARGE = "x" * 50_000
_LISTENS = "0A"
_NOT_YET = 503
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Door:
    """keys: by role. listens: the two ports that it is found at."""

    address: str
    ui_url: str
    keys: dict[str, str]
    listens: set[int]
    home: Path


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    home = tmp_path_factory.mktemp("door") / "home"
    with supervised(home) as supervisor:
        temporal: EmbeddedTemporal = started_temporal(home, supervisor)
        ui_url = str(temporal.server.ui_url)
        listens = {int(each.rpartition(":")[2]) for each in (temporal.server.address, ui_url)}
        keys = json.loads((home / "temporal-keys.json").read_text())
        supervisor.wait_until(lambda: reaches_its_server(ui_url, keys["operator"]), "the UI", within_s=IN_TIME_S)
        yield Door(temporal.server.address, ui_url, keys, listens, home)


def reaches_its_server(ui_url: str, key: str) -> bool:
    """The UI is there a moment before it has reached the server that it shows."""
    return httpx.get(f"{ui_url}/api/v1/namespaces", auth=("operator", key), timeout=IN_TIME_S).status_code != _NOT_YET


async def as_one_with(door: Door, key: str) -> Client:
    return await Client.connect(door.address, rpc_metadata={"authorization": f"Bearer {key}"})


@pytest.fixture
async def refund(door: Door) -> AsyncIterator[str]:
    """A workflow that a worker has started."""
    worker = await as_one_with(door, door.keys["worker"])
    handle = await worker.start_workflow("Refund", id="refund-rf_1", task_queue="refunds")
    yield handle.id
    if (await handle.describe()).status is WorkflowExecutionStatus.RUNNING:
        await handle.terminate()


@pytest.mark.parametrize("key", [None, "", "guessed", "tk_worker_", "Bearer"])
async def test_nobody_comes_in_without_a_key(door: Door, key: str | None) -> None:
    said = {} if key is None else {"authorization": f"Bearer {key}"}

    with pytest.raises(RuntimeError, match=r"Unauthenticated.*say a key"):
        await Client.connect(door.address, rpc_metadata=said)


async def test_a_signal_without_a_key_approves_nothing(door: Door, refund: str) -> None:
    command = ("workflow", "signal", "--address", door.address, "--workflow-id", refund, "--name", "decide")
    said = ("--input", '{"decision":"approve","by":"nobody you know"}')

    sent = await asyncio.to_thread(
        subprocess.run,
        [str(find_program(os.environ)), *command, *said],
        capture_output=True,
        text=True,
        check=False,
        timeout=IN_TIME_S,
    )

    assert sent.returncode != 0 and "unauthenticated" in sent.stdout + sent.stderr
    worker = await as_one_with(door, door.keys["worker"])
    events = [event async for event in worker.get_workflow_handle(refund).fetch_history_events()]
    assert not any(event.HasField("workflow_execution_signaled_event_attributes") for event in events)


async def test_a_reader_looks_and_does_nothing(door: Door, refund: str) -> None:
    reader = await as_one_with(door, door.keys["reader"])
    handle = reader.get_workflow_handle(refund)

    assert (await handle.describe()).status is WorkflowExecutionStatus.RUNNING
    async with asyncio.timeout(IN_TIME_S):  # what has begun is listed a moment later
        while refund not in [each.id async for each in reader.list_workflows()]:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    for deed in (
        handle.signal("decide", {"decision": "approve"}),
        handle.execute_update("review", {"decision": "approve"}),
        handle.terminate(),
        handle.cancel(),
        reader.start_workflow("Refund", LARGE, id="another", task_queue="refunds"),
    ):
        with pytest.raises(RPCError, match="is not for the role reader") as refused:
            await deed
        assert refused.value.status is RPCStatusCode.PERMISSION_DENIED


async def test_an_operator_speaks_to_refunds_and_starts_none(door: Door, refund: str) -> None:
    operator = await as_one_with(door, door.keys["operator"])
    handle = operator.get_workflow_handle(refund)

    await handle.signal("decide", {"decision": "approve", "note": LARGE})
    for _ in range(5):  # each is refused with more than a connection's window holds, were it not given back
        with pytest.raises(RPCError, match="StartWorkflowExecution is not for the role operator"):
            await operator.start_workflow("Refund", LARGE, id="another", task_queue="refunds")
    with pytest.raises(RPCError, match="AddSearchAttributes is not for the role operator"):
        await operator.operator_service.add_search_attributes(AddSearchAttributesRequest(namespace="default"))
    await handle.terminate()

    assert (await handle.describe()).status is WorkflowExecutionStatus.TERMINATED


async def test_many_calls_at_once_on_one_connection_are_each_judged(door: Door, refund: str) -> None:
    operator = await as_one_with(door, door.keys["operator"])
    handle = operator.get_workflow_handle(refund)
    signals = (handle.signal("decide", LARGE) for _ in range(20))
    starts = (operator.start_workflow("Refund", LARGE, id=f"r{n}", task_queue="refunds") for n in range(20))

    answers = await asyncio.gather(*signals, *starts, return_exceptions=True)

    assert answers[:20] == [None] * 20
    assert all(isinstance(each, RPCError) for each in answers[20:])


def test_the_ui_asks_for_a_key_and_shows_a_reader_without_letting_them_speak(door: Door) -> None:
    namespaces, terminate = "/api/v1/namespaces", "/api/v1/namespaces/default/workflows/refund-rf_1/terminate"

    def status(method: str, path: str, *who: str, **headers: str) -> int:
        auth = (who[0], who[1]) if who else None
        with httpx.Client(auth=auth, headers=headers, follow_redirects=True, timeout=IN_TIME_S) as client:
            return client.request(method, door.ui_url + path).status_code

    assert {status("GET", path) for path in ("/", namespaces)} == {401} == {status("POST", terminate)}
    assert status("GET", "/", "operator", "guessed") == 401
    for role in ("operator", "reader"):
        assert status("GET", "/", role, door.keys[role]) == status("GET", namespaces, role, door.keys[role]) == 200
    assert status("POST", terminate, "reader", door.keys["reader"]) == 403


@pytest.mark.parametrize("headers", [{"host": "evil.example"}, {"origin": "http://evil.example"}])
def test_another_sites_page_gets_nothing_done_in_a_browser_that_has_a_key(door: Door, headers: dict[str, str]) -> None:
    key = ("operator", door.keys["operator"])
    asked = httpx.post(f"{door.ui_url}/api/v1/x", auth=key, headers=headers, timeout=IN_TIME_S)

    assert asked.status_code == 403


def test_nothing_else_of_the_server_can_be_reached_or_it_is_said_that_it_can(door: Door) -> None:
    """Its gRPC behind the door, its UI, its HTTP API, its metrics: each listens somewhere."""
    [outside] = [each for each in psutil.process_iter(["cmdline"]) if _is_the_door(each, door)]
    children = outside.children()
    inner = {port for child in children for port in _listened_to(child)}

    of_others = _listened_to_here_by_others({child.pid for child in children})
    reachable = {port for port in inner - door.listens - of_others if _answers(port)}

    said = "can be found by whoever has an account on this machine" in (door.home / "log" / "temporal.log").read_text()
    assert len(inner) >= 4
    assert bool(reachable) is said


def _is_the_door(process: psutil.Process, door: Door) -> bool:
    command = process.info["cmdline"] or ()
    return "tools.stack.door" in command and str(door.home / "temporal-keys.json") in command


def _listened_to(process: psutil.Process) -> set[int]:
    """Its ports, which psutil sees in our own network only; in another one they are all that listens there."""
    seen = {each.laddr.port for each in process.net_connections() if each.status == "LISTEN"}
    tables = [Path(f"/proc/{process.pid}/net/{name}") for name in ("tcp", "tcp6")]
    rows = [line.split() for table in tables if not seen for line in table.read_text().splitlines()[1:]]
    return seen | {int(row[1].rpartition(":")[2], 16) for row in rows if row[3] == _LISTENS}


def _listened_to_here_by_others(ours: set[int]) -> set[int]:
    """Ports that have the same number in our own network, and another program behind them."""
    listening = (each for each in psutil.net_connections("tcp") if each.status == "LISTEN")
    return {each.laddr.port for each in listening if each.pid is not None and each.pid not in ours}


def _answers(port: int) -> bool:
    try:
        httpx.get(f"http://127.0.0.1:{port}", timeout=5)
    except httpx.ConnectError:
        return False
    except httpx.HTTPError:
        return True
    return True


def test_keys_are_their_owners_alone_and_stand_in_no_command(door: Door) -> None:
    assert stat.S_IMODE((door.home / "temporal-keys.json").stat().st_mode) == 0o600
    assert len(set(door.keys.values())) == 3
    commands = [" ".join(each.info["cmdline"] or ()) for each in psutil.process_iter(["cmdline"])]
    assert not [each for each in commands for key in door.keys.values() if key in each]


def test_every_call_of_temporals_that_a_role_may_make_is_one_that_there_is() -> None:
    service = request_response_pb2.DESCRIPTOR.message_types_by_name
    calls = [name.removesuffix("Request") for name in service if name.endswith("Request")]

    def may(role: DoorRole) -> set[str]:
        path = "/temporal.api.workflowservice.v1.WorkflowService/"
        return {call for call in calls if may_call(role, path + call)}

    assert may(DoorRole.WORKER) == set(calls)
    assert may(DoorRole.READER) < may(DoorRole.OPERATOR) < set(calls)
    speaks = may(DoorRole.OPERATOR) - may(DoorRole.READER)
    assert {"SignalWorkflowExecution", "UpdateWorkflowExecution", "TerminateWorkflowExecution"} <= speaks
    of_workers = [each for each in speaks if each.startswith(("Start", "SignalWith", "Respond", "Poll", "Delete"))]
    assert set(of_workers) == {"StartBatchOperation", "PollWorkflowExecutionUpdate"}
    assert not may_browse(DoorRole.READER, "POST") and may_browse(DoorRole.OPERATOR, "POST")


class Eager(Caller):
    """Reads although it was told not to, as it does on Python 3.11.2."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        assert isinstance(transport, asyncio.Transport)
        transport.resume_reading()


@pytest.mark.parametrize("caller", [Caller, Eager])
async def test_what_comes_before_the_server_behind_is_reached_is_kept(caller: type[Caller]) -> None:
    came = asyncio.Queue[bytes]()

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.put_nowait(await reader.readexactly(len(PREFACE)))
        writer.close()

    async with await asyncio.start_server(take, "127.0.0.1", 0) as behind:
        port = behind.sockets[0].getsockname()[1]
        loop = asyncio.get_running_loop()
        async with await loop.create_server(lambda: caller(Keys({}), port), "127.0.0.1", 0) as door:
            _, writer = await asyncio.open_connection(*door.sockets[0].getsockname())
            writer.write(PREFACE)
            async with asyncio.timeout(IN_TIME_S):
                assert await came.get() == PREFACE
            writer.close()


@pytest.mark.parametrize(
    "said",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        PREFACE + b"\x00\x00\x01\x01\x04\x00\x00\x00\x01\xff",  # a block that ends in the middle
        PREFACE + b"\x00\x00\x00\x09\x04\x00\x00\x00\x01",  # a continuation of nothing
        PREFACE + b"\x00\x00\x00\x01\x00\x00\x00\x00\x01" + b"\x00\x00\x00\x00\x00\x00\x00\x00\x01",  # interrupted
        PREFACE + b"\xff\xff\xff\x00\x00\x00\x00\x00\x01",  # longer than was agreed
        PREFACE + b"\x00\x00\x01\x01\x0c\x00\x00\x00\x01\x05",  # more padding than there is
    ],
)
def test_what_is_no_grpc_is_not_listened_to(said: bytes) -> None:
    gate = Gate(Keys({DoorRole.WORKER: "w"}))

    with pytest.raises(NotSpoken):
        gate.feed(said)
    for size in (1, 7):
        slowly = Gate(Keys({DoorRole.WORKER: "w"}))
        with pytest.raises(NotSpoken):
            for at in range(0, len(said), size):
                slowly.feed(said[at : at + size])
