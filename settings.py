"""The only reader of the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from variables import (
    ANSWER_WITHIN_S,
    AUDIT_KEYS,
    OWNER_DATABASE_URL,
    TO_TEMPORAL,
    TO_US,
    answer_within,
    certificate_and_key,
    database_address,
    encryption_keys,
    idle_minutes,
    is_here,
    keys,
    limits,
    pages,
    payload_keys,
    plaintext,
    port_number,
    web_address,
    webhook_secrets,
    worker_count,
    yes_or_no,
)

_TRACES_TO = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_MESSENGERS = (
    "MAKEWHOLE_SMTP_URL",
    "MAKEWHOLE_MAIL_FROM",
    "MAKEWHOLE_TWILIO_ACCOUNT_SID",
    "MAKEWHOLE_TWILIO_AUTH_TOKEN",
    "MAKEWHOLE_TWILIO_FROM",
    "MAKEWHOLE_TWILIO_ADDRESS",
    "MAKEWHOLE_ALIYUN_ACCESS_KEY_ID",
    "MAKEWHOLE_ALIYUN_ACCESS_KEY_SECRET",
    "MAKEWHOLE_ALIYUN_SMS_SIGN",
    "MAKEWHOLE_ALIYUN_SMS_TEMPLATE",
    "MAKEWHOLE_ALIYUN_SMS_ADDRESS",
)

FILES = tuple(
    f"MAKEWHOLE_{kind}_{name}"
    for kind in ("EVIDENCE", "ARCHIVE")
    for name in ("FOLDER", "S3_BUCKET", "S3_ADDRESS", "S3_REGION", "S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY")
)


class SettingMissing(Exception):
    """A program was started without a setting it cannot do without."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What one process of makewhole is told from outside; Temporal reads its own `TEMPORAL_*` variables.

    database_url: a `postgresql://…` address of a PostgreSQL 15 or newer.
    api_host, api_port: where the API listens; port 0 means any free one.
    log_level: a name the logging module knows, for example `INFO`.
    webhook_secrets: by source, every secret that may sign its webhooks, the newest first; one without is unknown.
    answer_within_s: after how many seconds a request is answered that it is not decided in time.
    sandbox_webhook_url: where the sandbox provider posts its webhooks to.
    encryption_keys: by id, the keys of 32 bytes for what is personal, the newest first; empty where none is kept.
    payload_keys: likewise, what Temporal is given is encrypted with; empty for a program that never speaks to it.
    codec_origins: the addresses of Temporal UIs whose pages may have payloads decrypted here.
    evidence_over_http: whether links to evidence may be `http`, for a shop whose pictures are not served otherwise.
    test_clocks: whether merchants who have only the sandbox may put their clocks forward.
    files: where pictures and archives are kept, by the names of the environment; none where they are not.
    owner_database_url: the same database as the owner of its tables, who migrates them; empty where that is the same.
    powerful_database_role: whether to run as a role that could change the books, on a server that others reach.
    gateways: the gateways that every merchant may name without an account there: the sandbox, where it is wanted.
    gateway_addresses: where accounts at gateways may be, beside their providers' usual addresses.
    messengers: what is set up of e-mail and SMS, by the names of the environment.
    templates: the folder of merchants' own words for messages; empty where they have none.
    webhook_addresses: where merchants' endpoints may be that are neither https nor at a public address.
    audit_keys: by id, the Ed25519 keys that checkpoints of audit trails are signed with; the first is the newest.
    audit_checkpoints: the folder where checkpoints are kept outside of the database; empty where they are not.
    time_stamp_url: the authority that stamps checkpoints with the time (RFC 3161); empty where nobody does.
    temporal_ui: where people look at workflows, for links to them; empty where nobody may know.
    limits: how often what is limited may be done, by its name, where that is not as usual.
    idle_minutes: how long sessions may stand unused, by whose they are, where that is not as usual.
    tls: the files (PEM) of the API's certificate and key; None where it speaks HTTP.
    plaintext: the networks of NETWORKS over which it may speak to other machines without TLS.
    metrics_token: who sends it is told the API's metrics; empty where anybody is. metrics_address: `host:port` where a
    worker tells those of its Temporal SDK; empty where it does not. traces: whether OpenTelemetry is told of its spans.
    build_id: the version of a worker, where workers of two stand side by side while one is deployed; else empty.
    task_queues: those that a worker serves; none is all of them. payouts_a_second: rate caps, `provider=number` each.
    pages: where customers find the pages, for links in letters, without a path; empty where letters have none.
    passkey_origins: the addresses whose pages may ask for customers' passkeys; the first one's host keeps them.
    """

    database_url: str
    api_host: str
    api_port: int
    log_level: str
    answer_within_s: int
    webhook_secrets: Mapping[str, tuple[str, ...]]
    sandbox_webhook_url: str
    encryption_keys: Mapping[str, bytes] = field(repr=False)
    evidence_over_http: bool
    owner_database_url: str = field(repr=False, default="")
    powerful_database_role: bool = False
    gateways: tuple[str, ...] = ()
    gateway_addresses: tuple[str, ...] = ()
    messengers: Mapping[str, str] = field(default_factory=dict, repr=False)
    templates: str = ""
    pages: str = ""
    webhook_addresses: tuple[str, ...] = ()
    payload_keys: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    codec_origins: tuple[str, ...] = ()
    audit_keys: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    audit_checkpoints: str = ""
    time_stamp_url: str = ""
    temporal_ui: str = ""
    limits: Mapping[str, int] = field(default_factory=dict)
    tls: tuple[str, str] | None = None
    plaintext: frozenset[str] = frozenset()
    passkey_origins: tuple[str, ...] = ()
    idle_minutes: Mapping[str, int] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict, repr=False)
    metrics_token: str = field(default="", repr=False)
    metrics_address: str = ""
    build_id: str = ""
    traces: bool = False
    test_clocks: bool = False
    task_queues: tuple[str, ...] = ()
    payouts_a_second: tuple[str, ...] = ()

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Read the settings; raise `SettingMissing` or `ValueError` naming the variable that is wrong."""
        if not environment.get("MAKEWHOLE_DATABASE_URL"):
            raise SettingMissing("MAKEWHOLE_DATABASE_URL is not set: give it a postgresql:// address, or run `make up`")
        return cls(
            database_url=database_address(environment, "MAKEWHOLE_DATABASE_URL"),
            api_host=environment.get("MAKEWHOLE_HOST", "127.0.0.1"),
            api_port=port_number(environment.get("MAKEWHOLE_PORT", "0")),
            log_level=environment.get("MAKEWHOLE_LOG_LEVEL", "INFO").upper(),
            answer_within_s=answer_within(environment),
            webhook_secrets=webhook_secrets(environment),
            sandbox_webhook_url=environment.get("MAKEWHOLE_SANDBOX_WEBHOOK_URL", ""),
            encryption_keys=encryption_keys(environment),
            evidence_over_http=yes_or_no(environment, "MAKEWHOLE_EVIDENCE_OVER_HTTP"),
            owner_database_url=database_address(environment, OWNER_DATABASE_URL),
            powerful_database_role=yes_or_no(environment, "MAKEWHOLE_POWERFUL_DATABASE_ROLE"),
            gateways=tuple(environment.get("MAKEWHOLE_GATEWAYS", "").split()),
            gateway_addresses=tuple(environment.get("MAKEWHOLE_GATEWAY_ADDRESSES", "").split()),
            messengers={name: environment[name] for name in _MESSENGERS if environment.get(name)},
            files={name: environment[name] for name in FILES if environment.get(name)},
            templates=environment.get("MAKEWHOLE_TEMPLATES", ""),
            pages=pages(environment),
            webhook_addresses=tuple(environment.get("MAKEWHOLE_WEBHOOK_ADDRESSES", "").split()),
            payload_keys=payload_keys(environment),
            codec_origins=tuple(environment.get("MAKEWHOLE_CODEC_ORIGINS", "").split()),
            audit_keys=keys(environment, AUDIT_KEYS),
            audit_checkpoints=environment.get("MAKEWHOLE_AUDIT_CHECKPOINTS", ""),
            time_stamp_url=web_address(environment, "MAKEWHOLE_TIME_STAMP_URL", "the authority"),
            temporal_ui=web_address(environment, "MAKEWHOLE_TEMPORAL_UI", "the Temporal UI"),
            limits=limits(environment),
            idle_minutes=idle_minutes(environment),
            test_clocks=yes_or_no(environment, "MAKEWHOLE_TEST_CLOCKS"),
            passkey_origins=tuple(environment.get("MAKEWHOLE_PASSKEY_ORIGINS", "").split()),
            build_id=environment.get("MAKEWHOLE_BUILD_ID", ""),
            task_queues=tuple(environment.get("MAKEWHOLE_TASK_QUEUES", "").split()),
            payouts_a_second=tuple(environment.get("MAKEWHOLE_PAYOUTS_A_SECOND", "").split()),
            tls=certificate_and_key(environment),
            plaintext=plaintext(environment),
            metrics_token=environment.get("MAKEWHOLE_METRICS_TOKEN", ""),
            metrics_address=environment.get("MAKEWHOLE_METRICS_ADDRESS", ""),
            traces=environment.get("OTEL_SDK_DISABLED") != "true" and any(environment.get(each) for each in _TRACES_TO),
        )

    @property
    def keys_for_temporal(self) -> Mapping[str, bytes]:
        """The keys of a program that speaks to Temporal; raises SettingMissing where it was given none."""
        if not self.payload_keys:
            raise SettingMissing(
                "MAKEWHOLE_PAYLOAD_KEYS is not set: give it id:key, a key being 32 random bytes in base64 "
                "(openssl rand -base64 32), the same for API and workers; what Temporal is given is encrypted with it"
            )
        return self.payload_keys

    @property
    def refuses_powerful_role(self) -> bool:
        """Whether a role that could change the books is refused: on this machine alone it is only spoken of."""
        return not (self.powerful_database_role or is_here(urlsplit(self.database_url).hostname or ""))

    @property
    def api_address(self) -> tuple[str, int]:
        """Where the API listens; raises SettingMissing where other machines would reach it without TLS."""
        if not (self.tls or TO_US in self.plaintext or is_here(self.api_host)):
            raise SettingMissing(
                f"the API listens at {self.api_host} without TLS: name MAKEWHOLE_TLS_CERTIFICATE and "
                "MAKEWHOLE_TLS_KEY, or set MAKEWHOLE_PLAINTEXT=api where something in front of it ends TLS"
            )
        return self.api_host, self.api_port

    def check_temporal(self, host: str, is_encrypted: bool) -> None:
        """Raise SettingMissing where Temporal is another machine and would be spoken to in clear."""
        if not (is_encrypted or TO_TEMPORAL in self.plaintext or is_here(host)):
            raise SettingMissing(
                f"Temporal at {host} is reached without TLS: set TEMPORAL_TLS=true or TEMPORAL_API_KEY, "
                "or MAKEWHOLE_PLAINTEXT=temporal where the network between is yours alone"
            )


_WORKERS = min(os.cpu_count() or 1, 2)


@dataclass(frozen=True, slots=True)
class StackSettings:
    """What `make up` is told: its data directory, a fixed API port, and servers to use instead of its own.

    home: kept between runs. api_port: 0 means any free one. workers: how many processes, each for one core.
    answer_within_s: after how many seconds the API answers that a request is not decided in time.
    database_url, temporal_address: empty where the embedded server is wanted. owner_database_url: who migrates that
    database; empty where it is the same role.
    """

    home: Path
    api_port: int
    database_url: str
    temporal_address: str
    environment: Mapping[str, str]
    workers: int = 1
    answer_within_s: int = ANSWER_WITHIN_S
    owner_database_url: str = ""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        encryption_keys(environment)  # a wrong one is said here, not by each program again and again
        payload_keys(environment)
        keys(environment, AUDIT_KEYS)
        return cls(
            home=Path(environment.get("MAKEWHOLE_HOME") or ".dev").expanduser().absolute(),
            api_port=port_number(environment.get("MAKEWHOLE_PORT", "0")),
            database_url=database_address(environment, "MAKEWHOLE_DATABASE_URL"),
            temporal_address=environment.get("TEMPORAL_ADDRESS", ""),
            environment=dict(environment),
            workers=worker_count(environment.get("MAKEWHOLE_WORKERS") or str(_WORKERS)),
            answer_within_s=answer_within(environment),
            owner_database_url=database_address(environment, OWNER_DATABASE_URL),
        )

    @property
    def embeds_temporal(self) -> bool:
        """Whether the stack runs its own Temporal: nobody named a server, a config file or a profile."""
        named = (self.environment.get(name) for name in ("TEMPORAL_CONFIG_FILE", "TEMPORAL_PROFILE"))
        return not (self.temporal_address or any(named))
