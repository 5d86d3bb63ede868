"""`make demo FULL=1` as a reader types it, in an empty home: the second act with npm's parties, which make installs."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from tests.shop import IN_TIME_S
from tests.tools.stack.helpers import fresh_home
from tools.demo.parties.install import settings_of_the_machine

REPOSITORY = Path(__file__).parents[2]


def test_the_second_act_is_played_with_the_parties_of_npm(tmp_path: Path) -> None:
    with fresh_home(tmp_path) as home:
        plain = {name: value for name, value in os.environ.items() if not name.startswith(("MAKEWHOLE_", "TEMPORAL_"))}
        demo = subprocess.run(
            [sys.executable, "-m", "tools", "demo", "--full", "--locale", "en"],
            cwd=REPOSITORY,
            env={**plain, "MAKEWHOLE_HOME": str(home)},
            capture_output=True,
            text=True,
            timeout=4 * IN_TIME_S,
            check=False,
        )

    assert demo.returncode == 0, demo.stdout + demo.stderr
    for said in ("stripe-stateful-mock itself says", "lies once in maildev", "the label is a PDF", "could verify each"):
        assert said in demo.stdout


def test_npm_heeds_the_settings_of_the_machine_unless_others_are_named(tmp_path: Path) -> None:
    away, there, later = tmp_path / "away", tmp_path / "there", tmp_path / "later"
    there.touch()
    later.touch()

    assert settings_of_the_machine({}, [away, there, later]) == {"NPM_CONFIG_GLOBALCONFIG": str(there)}
    assert settings_of_the_machine({}, [away]) == {}
    assert settings_of_the_machine({"npm_config_globalconfig": "mine"}, [there]) == {}


def test_the_lock_file_of_npms_parties_names_no_registry_and_has_a_hash_of_each() -> None:
    text = (REPOSITORY / "requirements/parties/package-lock.json").read_text(encoding="utf-8")
    packages = {name: each for name, each in json.loads(text)["packages"].items() if name}

    assert [name for name, each in packages.items() if "resolved" in each] == []
    assert re.findall(r'"https?://[^"]*\.tgz', text) == []
    assert [name for name, each in packages.items() if not each["integrity"].startswith("sha512-")] == []
