"""The API keys of a home: made once, and what an earlier version did not make is made when it is missed."""

import json
from dataclasses import asdict
from pathlib import Path

from tools.stack.data_dir import DataDir
from tools.stack.keys import FILE, kept_keys


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
