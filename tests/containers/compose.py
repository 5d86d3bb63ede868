"""docker-compose.yml, Dockerfile and .dockerignore as the tests read them."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tools.environment_file import complete

REPOSITORY = Path(__file__).parents[2]
REQUIRED = re.compile(r"\$\{(\w+):\?[^${}]*\}")
MADE = dict(
    line.split("=", 1)
    for line in complete("", (REPOSITORY / ".env.example").read_text()).splitlines()
    if not line.startswith("#")
)
"""What `make env` writes: every secret, none of which has a default."""

LOCKED_DOWN = {"read_only": True, "cap_drop": ["ALL"], "security_opt": ["no-new-privileges:true"]}

WHERE_SET = re.compile(r"\$\{\w+:\+[^${}]*\}")
DEFAULT = re.compile(r"\$\{\w+:?-([^${}]*)\}")


@dataclass(frozen=True, slots=True)
class Service:
    """One service, every variable at its default; waits_for: the condition by the name of the other service.

    passed_on: what it is told where it is set, and has no default. mounts: the volume or file of the repository by
    the place where it is seen. networks: where others reach it, by name. is_locked_down: it writes nowhere but into
    its mounts and a /tmp of its own, has no capability and gets none.
    """

    image: str
    is_ours: bool
    command: tuple[str, ...]
    environment: dict[str, str]
    passed_on: frozenset[str]
    ports: tuple[str, ...]
    mounts: dict[str, str]
    networks: frozenset[str]
    waits_for: dict[str, str]
    is_locked_down: bool
    says_when_healthy: bool
    runs_for_ever: bool

    @property
    def script(self) -> str:
        return self.command[-1]


def services() -> dict[str, Service]:
    document = YAML(typ="safe").load(REPOSITORY / "docker-compose.yml")
    return {name: _service(entry) for name, entry in document["services"].items()}


def _service(entry: dict[str, Any]) -> Service:
    return Service(
        image=_at_default(entry["image"]),
        is_ours="build" in entry,
        command=tuple(_at_default(word) for word in entry.get("command", ())),
        environment={name: _at_default(value) for name, value in entry.get("environment", {}).items() if value},
        passed_on=frozenset(name for name, value in entry.get("environment", {}).items() if not value),
        ports=tuple(_at_default(port) for port in entry.get("ports", ())),
        mounts={place: source for source, place, *_ in (each.split(":") for each in entry.get("volumes", ()))},
        networks=frozenset(entry.get("networks", ["default"])),
        waits_for={name: needed["condition"] for name, needed in entry.get("depends_on", {}).items()},
        is_locked_down=all(entry.get(name) == wanted for name, wanted in LOCKED_DOWN.items()),
        says_when_healthy="healthcheck" in entry,
        runs_for_ever=entry["restart"] == "unless-stopped",
    )


def _at_default(text: str) -> str:
    """Fill in defaults, innermost first, and what has to be set; leave out `${NAME:+…}`, and undo doubled `$`."""
    text = WHERE_SET.sub("", REQUIRED.sub(lambda needed: MADE[needed[1]], text))
    while DEFAULT.search(text):
        text = DEFAULT.sub(r"\1", text)
    return text.replace("$$", "$")


def users_of_the_image() -> list[str]:
    """Return as whom the image runs, of which the last counts."""
    return re.findall(r"^USER (.+)$", (REPOSITORY / "Dockerfile").read_text(), re.MULTILINE)


def copied_into_the_image() -> set[str]:
    """Return the paths of the repository that the Dockerfile copies."""
    copies = re.findall(r"^COPY (?!--from)(.+) \S+$", (REPOSITORY / "Dockerfile").read_text(), re.MULTILINE)
    return {path for sources in copies for path in sources.split()}


def sent_to_the_builder() -> set[str]:
    """Return the paths that .dockerignore lets through."""
    lines = (REPOSITORY / ".dockerignore").read_text().splitlines()
    return {line.removeprefix("!") for line in lines if line.startswith("!")}
