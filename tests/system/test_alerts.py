"""When somebody is told: every alert is tried by promtool, keeps still while all is well, and has a page to read."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

REPOSITORY = Path(__file__).parents[2]
PROMETHEUS = REPOSITORY / "deploy" / "prometheus"
MANUAL = (REPOSITORY / "docs" / "operations.md").read_text(encoding="utf-8")


def read(name: str) -> Any:
    return YAML(typ="safe").load(PROMETHEUS / name)


RULES = [rule for group in read("alerts.yml")["groups"] for rule in group["rules"]]
ALERTS = {rule["alert"]: rule for rule in RULES if "alert" in rule}
CASES = [case for test in read("alerts_test.yml")["tests"] for case in test.get("alert_rule_test", ())]


def promtool(*arguments: str) -> str:
    program = shutil.which("promtool")
    assert program, "alerts are tried by promtool: on Debian and Ubuntu, apt-get install prometheus"
    done = subprocess.run([program, *arguments], cwd=PROMETHEUS, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_prometheus_takes_its_configuration_and_every_rule() -> None:
    promtool("check", "config", "--syntax-only", "prometheus.yml")

    assert f"{len(RULES)} rules found" in promtool("check", "rules", "alerts.yml")


def test_every_alert_speaks_when_it_should() -> None:
    promtool("test", "rules", "alerts_test.yml")


@pytest.mark.parametrize("alert", ALERTS)
def test_every_alert_is_tried_with_what_it_tells_of_and_with_what_it_does_not(alert: str) -> None:
    outcomes = {bool(case["exp_alerts"]) for case in CASES if case["alertname"] == alert}

    assert outcomes == {True, False}


@pytest.mark.parametrize("alert", ALERTS)
def test_every_alert_has_a_page(alert: str) -> None:
    runbook = ALERTS[alert]["annotations"]["runbook"]

    assert runbook == f"docs/operations.md#{alert.lower()}"
    (section,) = re.findall(rf"^### {alert}\n(.*?)(?=^##)", MANUAL, re.MULTILINE | re.DOTALL)
    for part in ("**Means**", "**Look**", "**Do**"):
        assert section.count(part) == 1, part


def test_no_page_is_about_an_alert_that_is_no_more() -> None:
    _, _, pages = MANUAL.partition("\n## Alerts\n")

    assert re.findall(r"^### (\w+)$", pages.partition("\n## ")[0], re.MULTILINE) == list(ALERTS)


def test_every_alert_says_how_soon_somebody_is_to_come() -> None:
    assert {rule["labels"]["severity"] for rule in ALERTS.values()} == {"page", "ticket"}
