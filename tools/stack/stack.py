"""The stack from the first child to the last: `with Stack(settings) as stack:` runs it as long as the body lasts."""

import base64
import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import asdict, dataclass, field
from types import TracebackType
from typing import Any, Self

from db import sealing
from db.sealing import Ring
from settings import StackSettings
from tools.stack import interrupts, ports, programs
from tools.stack.console import Say, say
from tools.stack.data_dir import DataDir
from tools.stack.guard import guarded
from tools.stack.keys import (
    ApiKeys,
    Database,
    TemporalKeys,
    kept_audit_key,
    kept_encryption_key,
    kept_keys,
    kept_payload_key,
    kept_webhook_secret,
)
from tools.stack.postgres import EmbeddedPostgres
from tools.stack.programs import MAKEWHOLE, Programs, Surroundings
from tools.stack.run_in_thread import run_in_thread
from tools.stack.supervisor import Supervisor
from tools.stack.temporal import EmbeddedTemporal
from tools.stack.temporal_server import TemporalServer, without_temporal
from variables import AUDIT_KEYS, OWNER_DATABASE_URL, encryption_keys, payload_keys

DESCRIPTION = "stack.json"
CHECKPOINTS = "audit-checkpoints"
EVIDENCE = "evidence"
READY_WITHIN_S = 120.0


@dataclass(frozen=True, slots=True)
class StackDescription:
    """Where everything is: the fields of `stack.json`. The UI of a Temporal that is not ours is not known.

    database_url: as the programs have it. owner_database_url: of the role that may do everything there.
    temporal_keys: of our own Temporal's door. payload_keys: what Temporal is given is encrypted with them. The owner's
    address, the programs' key and those of payloads are known here alone, and not in `stack.json`. pages: by whom they
    are for.
    """

    api_url: str
    temporal_address: str
    temporal_ui_url: str | None
    database_url: str
    codec_url: str | None
    keys: ApiKeys
    temporal_keys: TemporalKeys | None
    owner_database_url: str = field(repr=False)
    payload_keys: Mapping[str, bytes] = field(repr=False, default_factory=dict)
    pages: Mapping[str, str] = field(default_factory=dict)

    @property
    def temporal_credentials(self) -> Mapping[str, str]:
        """What a client says with each call to be let in as the programs are."""
        return {"authorization": f"Bearer {self.temporal_keys.worker}"} if self.temporal_keys else {}

    @property
    def temporal_variables(self) -> Mapping[str, str]:
        """What a program is told to connect as this stack's own do."""
        known = {"TEMPORAL_ADDRESS": self.temporal_address}
        key = self.temporal_credentials.get("authorization")
        return known | ({"TEMPORAL_GRPC_META_AUTHORIZATION": key} if key else {})

    @property
    def payload_variables(self) -> Mapping[str, str]:
        """What a program is told to read and write payloads as this stack's own do."""
        written = (f"{key_id}:{base64.b64encode(key).decode()}" for key_id, key in self.payload_keys.items())
        return {"MAKEWHOLE_PAYLOAD_KEYS": " ".join(written)}

    def told(self) -> dict[str, Any]:
        """The fields of `stack.json`."""
        hidden = ("owner_database_url", "payload_keys")
        fields = {name: value for name, value in asdict(self).items() if name not in hidden}
        if self.temporal_keys:
            fields["temporal_keys"] = {"operator": self.temporal_keys.operator, "reader": self.temporal_keys.reader}
        return fields


class Stack:
    """Postgres, Temporal, workers and API: ready when entered, all stopped when left, also by SIGTERM and SIGHUP.

    announce: is told what happens to the children. show: gets every line that workers and API print; None is quiet.
    """

    description: StackDescription
    told_to_workers: Mapping[str, str]
    """The environment of this stack's workers, for one more beside them."""

    def __init__(
        self, settings: StackSettings, *, announce: Say = say, show: Say | None = None, runs: Programs = MAKEWHOLE
    ) -> None:
        self.home = DataDir(settings.home)
        self._settings = settings
        self._show = show
        self._programs = runs
        self._supervisor = Supervisor(self.home, announce)
        self._opened = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as opening:
            opening.enter_context(interrupts.raised())
            opening.enter_context(self.home.occupied())
            opening.enter_context(guarded(self.home))
            opening.callback(self._supervisor.stop)
            opening.callback(self.home.forget, DESCRIPTION)
            self._start()
            if sealing.ring() is None:  # who has started it reads its books as its programs do
                opening.enter_context(sealing.using(self.ring))
            self._opened = opening.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.close()

    def kill(self, name: str) -> None:
        """Send SIGKILL to `postgres`, `temporal`, `worker`, `worker-2`, …, `api` or `provider`; it is restarted."""
        self._supervisor.kill(name)

    def held(self, *names: str) -> AbstractContextManager[None]:
        """Kill these children; they are started again when the `with` is left."""
        return self._supervisor.held(*names)

    @property
    def children(self) -> tuple[str, ...]:
        """Name all of them, in the order of their start."""
        return self._supervisor.children

    def restarts(self, name: str) -> int:
        return self._supervisor.restarts(name)

    def wait(self) -> None:
        """Block until a child cannot be kept running; raise `StackError` then."""
        self._supervisor.wait()

    def _start(self) -> None:
        self.home.forget(DESCRIPTION)
        self._supervisor.stop_leftovers()
        api_port = self._claim_api_port()
        database = self._named_database() or self._start_postgres()
        temporal = self._start_temporal() if self._settings.embeds_temporal else TemporalServer.named_by(self._settings)
        keys = kept_keys(self.home)
        run_in_thread(lambda: self._programs.prepare(database, keys))
        self._start_programs(database.url, temporal, api_port)
        self.description = StackDescription(
            api_url=f"http://127.0.0.1:{api_port}",
            temporal_address=temporal.address,
            temporal_ui_url=temporal.ui_url,
            database_url=database.url,
            codec_url=f"http://127.0.0.1:{api_port}/codec",
            keys=keys,
            temporal_keys=temporal.keys,
            owner_database_url=database.owner_url,
            payload_keys=payload_keys({"MAKEWHOLE_PAYLOAD_KEYS": self._payload_keys()}),
            pages=_pages(f"http://localhost:{api_port}"),
        )
        self.home.write(DESCRIPTION, json.dumps(self.description.told(), indent=2))

    def _named_database(self) -> Database | None:
        url = self._settings.database_url
        return Database(url, self._settings.owner_database_url or url) if url else None

    def _start_postgres(self) -> Database:
        postgres = EmbeddedPostgres(self.home, self._settings.environment)
        self._supervisor.start(postgres.child())
        self._wait_until(postgres.is_ready, postgres.name)
        return Database(postgres.application_url, postgres.database_url)

    def _start_temporal(self) -> TemporalServer:
        temporal = EmbeddedTemporal(self.home, self._settings.environment)
        self._supervisor.start(temporal.child())
        self._wait_until(temporal.is_ready, temporal.name)
        return temporal.server

    def _claim_api_port(self) -> int:
        fixed = self._settings.api_port
        return ports.insist_on(fixed) if fixed else ports.claim(self.home, "api")

    def _start_programs(self, database_url: str, temporal: TemporalServer, api_port: int) -> None:
        environment = {
            **_without_owner(without_temporal(self._settings.environment)),
            **temporal.variables,
            "MAKEWHOLE_DATABASE_URL": database_url,
            "MAKEWHOLE_HOST": "127.0.0.1",
            "MAKEWHOLE_PORT": str(api_port),
            "MAKEWHOLE_ANSWER_WITHIN_S": str(self._settings.answer_within_s),
            "MAKEWHOLE_GATEWAYS": "sandbox",
            "MAKEWHOLE_WEBHOOK_ADDRESSES": self._webhook_addresses(),
            "MAKEWHOLE_SANDBOX_WEBHOOK_SECRETS": kept_webhook_secret(self.home),
            "MAKEWHOLE_ENCRYPTION_KEYS": self._encryption_keys(),
            "MAKEWHOLE_PAYLOAD_KEYS": self._payload_keys(),
            "MAKEWHOLE_CODEC_ORIGINS": self._codec_origins(temporal),
            "MAKEWHOLE_TEMPORAL_UI": self._settings.environment.get("MAKEWHOLE_TEMPORAL_UI") or temporal.ui_url or "",
            "MAKEWHOLE_SANDBOX_WEBHOOK_URL": f"http://127.0.0.1:{api_port}/v1/webhooks/sandbox",
            "MAKEWHOLE_PASSKEY_ORIGINS": self._passkey_origins(api_port),
            "MAKEWHOLE_PAGES": self._settings.environment.get("MAKEWHOLE_PAGES", f"http://localhost:{api_port}"),
            "MAKEWHOLE_EVIDENCE_FOLDER": self._evidence_folder(),
        }
        surroundings = Surroundings(self.home, _without_audit_keys(environment), self._show)
        signing = Surroundings(self.home, {**environment, **self._audit()}, self._show)
        self.told_to_workers = signing.environment
        self._supervisor.start(*programs.workers(self._programs, self._settings.workers, signing))
        self._supervisor.start(
            programs.api(self._programs, surroundings), programs.provider(self._programs, surroundings)
        )
        self._wait_until(lambda: programs.is_ready(api_port), "the API")

    @property
    def ring(self) -> Ring:
        """With what its programs seal what is personal."""
        return Ring(encryption_keys({"MAKEWHOLE_ENCRYPTION_KEYS": self._encryption_keys()}))

    def _encryption_keys(self) -> str:
        """Those that were given, which other homes know as well; else the home's own."""
        return self._settings.environment.get("MAKEWHOLE_ENCRYPTION_KEYS") or kept_encryption_key(self.home)

    def _payload_keys(self) -> str:
        return self._settings.environment.get("MAKEWHOLE_PAYLOAD_KEYS") or kept_payload_key(self.home)

    def _codec_origins(self, temporal: TemporalServer) -> str:
        """Where the Temporal UI is, by both names of this machine; another's are told."""
        told = self._settings.environment.get("MAKEWHOLE_CODEC_ORIGINS")
        ui = temporal.ui_url or ""
        return f"{ui} {ui.replace('127.0.0.1', 'localhost')}".strip() if told is None else told

    def _audit(self) -> dict[str, str]:
        """What workers sign the audit trails' checkpoints with, and where they keep them outside of the database."""
        given = self._settings.environment
        return {
            AUDIT_KEYS: given.get(AUDIT_KEYS) or kept_audit_key(self.home),
            "MAKEWHOLE_AUDIT_CHECKPOINTS": given.get("MAKEWHOLE_AUDIT_CHECKPOINTS")
            or str(self.home.path / CHECKPOINTS),
        }

    def _passkey_origins(self, api_port: int) -> str:
        """Browsers keep passkeys for `localhost`, and for no number."""
        return self._settings.environment.get("MAKEWHOLE_PASSKEY_ORIGINS", f"http://localhost:{api_port}")

    def _evidence_folder(self) -> str:
        """Pictures are in the home, unless somebody names another place."""
        return self._settings.environment.get("MAKEWHOLE_EVIDENCE_FOLDER") or str(self.home.path / EVIDENCE)

    def _webhook_addresses(self) -> str:
        """Merchants' systems of a stack that is tried out are on this machine."""
        return self._settings.environment.get("MAKEWHOLE_WEBHOOK_ADDRESSES", "http://127.0.0.1 http://localhost")

    def _wait_until(self, is_so: Callable[[], bool], what: str) -> None:
        self._supervisor.wait_until(is_so, f"{what} (its log is in {self.home.logs})", READY_WITHIN_S)


def _pages(origin: str) -> dict[str, str]:
    """Where people look. Browsers take our cookies from `localhost` without TLS, and from no number."""
    rooms = {"reviewer": "desk", "warehouse": "warehouse", "operations": "operations"}
    return {"customer": f"{origin}/pages/", **{who: f"{origin}/pages/{room}" for who, room in rooms.items()}}


def _without_audit_keys(environment: Mapping[str, str]) -> dict[str, str]:
    """Nobody but workers is told how checkpoints are signed."""
    return {name: value for name, value in environment.items() if name != AUDIT_KEYS}


def _without_owner(environment: Mapping[str, str]) -> dict[str, str]:
    """No program is told how to be the database's owner."""
    return {name: value for name, value in environment.items() if name != OWNER_DATABASE_URL}
