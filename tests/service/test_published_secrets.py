"""A secret that stands in this repository is none: nothing starts on it."""

import base64
import os
import re
import secrets
import subprocess
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

from settings import SettingMissing, Settings, StackSettings
from tests.containers.compose import services
from tools.environment_file import complete

REPOSITORY = Path(__file__).parents[2]
IGNORED = set((REPOSITORY / ".gitignore").read_text().replace("/", "").split())
PAYLOADS = REPOSITORY / "tests" / "histories" / "recorded"

WEBHOOK_SECRET = re.compile(r"whsec_[A-Za-z0-9+/=_]*")
ENCRYPTION_KEY = re.compile(r"(?<![A-Za-z0-9+/=])(?:[\w-]{1,40}:)?[A-Za-z0-9+/]{43}=(?![A-Za-z0-9+/=])")
PASSWORD = re.compile(r"postgres(?:ql)?://[^\s:/]+:([^\s@${}]+)@|PASSWORD[=:] *(?!\\|\$|-\})([\w-]+)")
DEFAULT = re.compile(r"\$\{\w*(?:PASSWORD|SECRET|KEY|TOKEN)\w*:?-[^}/]")
"""The path of a file tells no secret."""

API_KEY = re.compile(r"mk_(?:merchant|reviewer|warehouse|ops|owner|customer)_[\w-]{16,}")

KEYS = ("MAKEWHOLE_ENCRYPTION_KEYS", "MAKEWHOLE_PAYLOAD_KEYS")
DATABASE = {"MAKEWHOLE_DATABASE_URL": "postgresql://localhost/makewhole"}


def texts() -> Iterator[tuple[Path, str]]:
    """Every text of the repository, payloads of recorded histories aside, which are base64 of what was said."""
    for directory, folders, files in os.walk(REPOSITORY):
        folders[:] = [each for each in folders if each not in IGNORED | {".git"}]
        for path in (Path(directory) / name for name in files):
            if (
                path.suffix not in {".gz", ".png", ".webp", ".lock"}
                and path.parent != PAYLOADS
                and path.name not in IGNORED
            ):
                yield path, path.read_text(encoding="utf-8")


def standing_there(kind: re.Pattern[str]) -> set[str]:
    return {next(filter(None, found.groups()), found[0]) for _, text in texts() for found in kind.finditer(text)}


def test_no_webhook_secret_of_the_repository_is_taken() -> None:
    found = standing_there(WEBHOOK_SECRET)

    assert "whsec_c2FuZGJveHNhbmRib3g=" in found  # of a test's own
    for each in found:
        with pytest.raises(ValueError, match="MAKEWHOLE_SANDBOX_WEBHOOK_SECRETS is wrong at secret 1"):
            Settings.from_environment({**DATABASE, "MAKEWHOLE_SANDBOX_WEBHOOK_SECRETS": each})


def test_no_encryption_key_of_the_repository_is_taken() -> None:
    an_example = "k1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
    found = standing_there(ENCRYPTION_KEY)

    assert an_example in found
    for each in found:
        for name, read in product(KEYS, (Settings.from_environment, StackSettings.from_environment)):
            with pytest.raises(ValueError, match=f"{name} is wrong at key 1"):
                read({**DATABASE, name: each if ":" in each else f"k1:{each}"})


def test_no_password_of_the_repository_is_taken() -> None:
    for each in standing_there(PASSWORD) | {"local-use-only"}:
        told = {"MAKEWHOLE_DATABASE_URL": f"postgresql://makewhole:{each}@localhost/makewhole"}
        for settings in (Settings, StackSettings):
            with pytest.raises(ValueError, match="MAKEWHOLE_DATABASE_URL has a password that everybody can read"):
                settings.from_environment(told)


@pytest.mark.parametrize("kind", [DEFAULT, API_KEY])
def test_no_secret_has_a_default_and_no_api_key_is_an_example(kind: re.Pattern[str]) -> None:
    assert [(path.name, found[0]) for path, text in texts() for found in kind.finditer(text)] == []


def test_what_was_published_once_is_still_refused() -> None:
    published = "whsec_" + base64.b64encode(b"local-use-only").decode()

    with pytest.raises(ValueError, match="is wrong at secret 1") as refused:
        Settings.from_environment({**DATABASE, "MAKEWHOLE_SANDBOX_WEBHOOK_SECRETS": published})
    assert published not in str(refused.value)


def test_make_env_gives_every_secret_a_value_of_its_own_and_changes_none_that_is_there() -> None:
    example = (REPOSITORY / ".env.example").read_text()

    first, second = complete("", example), complete("", example)
    again = complete("MAKEWHOLE_WORKERS=5\nPOSTGRES_PASSWORD=\nMAKEWHOLE_ENCRYPTION_KEYS=mine\n", example)

    random = [dict(line.split("=", 1) for line in text.splitlines() if line[0] != "#") for text in (first, second)]
    secret = [name for name in random[0] if re.search("PASSWORD|KEYS|SECRETS", name)]
    assert len(secret) >= 6 and all(random[0][name] != random[1][name] for name in secret)
    assert again.startswith("MAKEWHOLE_WORKERS=5\nMAKEWHOLE_ENCRYPTION_KEYS=mine\n")
    assert again.count("WORKERS=") == again.count("ENCRYPTION_KEYS=") == 1 and "POSTGRES_PASSWORD=\n" not in again
    assert complete(first, example) == first
    told = Settings.from_environment({**DATABASE, **random[0]})
    assert told.encryption_keys and told.keys_for_temporal and told.encryption_keys != told.payload_keys


@pytest.mark.parametrize(
    "name",
    ["POSTGRES_PASSWORD", "MAKEWHOLE_DATABASE_PASSWORD", "MAKEWHOLE_APP_PASSWORD", "TEMPORAL_DATABASE_PASSWORD"],
)
def test_the_containers_do_not_start_on_a_password_that_was_published(name: str) -> None:
    told = {"PGPASSWORD" if name == "POSTGRES_PASSWORD" else name: "local-use-only"}
    job = services()["roles"]

    checked = subprocess.run(
        ["sh", "-euc", job.script],
        env={"PATH": os.environ["PATH"], **job.environment, **told},
        capture_output=True,
        text=True,
        check=False,
    )

    assert checked.returncode == 1
    assert "has under 16 letters" in checked.stderr


def test_a_program_that_speaks_to_temporal_does_not_start_without_a_key() -> None:
    with pytest.raises(SettingMissing, match="MAKEWHOLE_PAYLOAD_KEYS is not set: give it id:key"):
        _ = Settings.from_environment(DATABASE).keys_for_temporal


def test_random_secrets_are_taken() -> None:
    for size in (24, 32, 64):
        secret = "whsec_" + base64.b64encode(secrets.token_bytes(size)).decode()
        told = {**DATABASE, "MAKEWHOLE_SANDBOX_WEBHOOK_SECRETS": secret}
        assert Settings.from_environment(told).webhook_secrets == {"sandbox": (secret,)}
