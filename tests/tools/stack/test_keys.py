"""The API keys of a home: made once, and what an earlier version did not make is made when it is missed."""

import json
import stat
from dataclasses import asdict
from pathlib import Path

from tools.stack.data_dir import DataDir
from tools.stack.keys import FILE, PAYLOAD_KEY, kept_keys, kept_payload_key
from variables import payload_keys


def test_a_home_of_an_earlier_version_keeps_its_keys_and_gets_those_of_roles_that_it_did_not_know(
    tmp_path: Path,
) -> None:
    home = DataDir(tmp_path)
    first = asdict(kept_keys(home))
    home.write(FILE, json.dumps({role: key for role, key in first.items() if role != "owner"}))

    now, again = asdict(kept_keys(home)), asdict(kept_keys(home))

    assert {**now, "owner": first["owner"]} == first
    assert now["owner"].startswith("mk_owner_") and now["owner"] != first["owner"]
    assert again == now


def test_a_home_makes_the_key_of_its_payloads_once_and_for_its_owners_eyes_alone(tmp_path: Path) -> None:
    home = DataDir(tmp_path)

    first, again = kept_payload_key(home), kept_payload_key(home)

    assert first == again and list(payload_keys({"MAKEWHOLE_PAYLOAD_KEYS": first})) == ["home"]
    assert stat.S_IMODE((tmp_path / PAYLOAD_KEY).stat().st_mode) == 0o600
