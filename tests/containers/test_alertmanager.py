"""Whom the Alertmanager of docker-compose.yml tells: its script, run as the container runs it, before a stand-in."""

import os
import re
import subprocess
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.containers.compose import REPOSITORY, services

ALERTMANAGER = services()["alertmanager"]
NOBODY = dict.fromkeys(ALERTMANAGER.environment, "")
BY_MAIL = {
    "ALERTS_MAIL_TO": "night@shop.example, day@shop.example",
    "ALERTS_MAIL_FROM": "alerts@shop.example",
    "ALERTS_SMTP_HOST": "mail.shop.example:587",
    "ALERTS_SMTP_USER": "alerts",
    "ALERTS_SMTP_PASSWORD": 'it\'s: {a} "word"',
}


def started(folder: Path, told: dict[str, str]) -> tuple[dict[str, Any], str]:
    """Return with which configuration it starts, and what it says."""
    program = folder / "alertmanager"
    program.write_text('#!/bin/sh\necho "$@" > arguments\n')
    program.chmod(0o700)
    script = ALERTMANAGER.script.replace("/tmp/", f"{folder}/")  # noqa: S108
    surroundings = {**NOBODY, **told, "PATH": f"{folder}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["sh", "-euc", script], cwd=folder, env=surroundings, check=True, capture_output=True, text=True
    )
    assert f"--config.file={folder}/alertmanager.yml" in (folder / "arguments").read_text()
    return YAML(typ="safe").load(folder / "alertmanager.yml"), done.stderr


def test_a_page_comes_again_each_hour_and_a_ticket_each_day(tmp_path: Path) -> None:
    configured, said = started(tmp_path, {"ALERTS_WEBHOOK": "https://wakes.example/?key=1"})

    route = configured["route"]
    assert (route["receiver"], route["repeat_interval"]) == ("people", "1h")
    assert route["routes"] == [{"matchers": ['severity="ticket"'], "repeat_interval": "24h"}]
    assert configured["receivers"] == [
        {"name": "people", "webhook_configs": [{"url_file": str(tmp_path / "webhook")}]},
    ]
    assert (tmp_path / "webhook").read_text() == "https://wakes.example/?key=1" and said == ""


def test_a_mail_server_is_told_who_writes_and_its_password_stands_in_a_file_of_its_own(tmp_path: Path) -> None:
    configured, _ = started(tmp_path, BY_MAIL)

    (people,) = configured["receivers"]
    (mail,) = people["email_configs"]
    told = (mail["to"], mail["from"], mail["smarthost"], mail["auth_username"])
    assert told == tuple(BY_MAIL.values())[:4]
    assert Path(mail["auth_password_file"]).read_text() == BY_MAIL["ALERTS_SMTP_PASSWORD"]
    assert (tmp_path / "password").stat().st_mode & 0o077 == 0


def test_who_has_said_nobody_is_told_so(tmp_path: Path) -> None:
    configured, said = started(tmp_path, {})

    assert configured["receivers"] == [{"name": "people"}] and "reach nobody" in said


def test_prometheus_tells_it_and_the_manual_says_what_it_wants_to_know() -> None:
    prometheus = YAML(typ="safe").load(REPOSITORY / "deploy" / "prometheus" / "prometheus.yml")
    (asked,) = prometheus["alerting"]["alertmanagers"]

    assert asked["static_configs"] == [{"targets": ["alertmanager:9093"]}]
    assert ALERTMANAGER.ports == ("127.0.0.1:9093:9093",)
    manual = (REPOSITORY / "docs" / "containers.md").read_text(encoding="utf-8")
    assert [name for name in ALERTMANAGER.environment if f"`{name}`" not in manual] == []


def test_prometheus_keeps_what_the_objectives_look_back_to() -> None:
    (kept,) = re.findall(r"retention\.time=(\d+)d", " ".join(services()["prometheus"].command))
    objectives = (REPOSITORY / "docs" / "slo.md").read_text(encoding="utf-8")

    looks_back = [int(days) for days in re.findall(r"\[(\d+)d[]:]", objectives)]
    assert looks_back and int(kept) > max(looks_back)
