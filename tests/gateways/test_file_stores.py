"""Where pictures and archives are kept: the same is true of a folder and of a bucket, which moto's server has."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx
import pytest
from moto.server import ThreadedMotoServer

from gateways.files.port import FileStore, StoreDown
from gateways.files.registry import open_store
from gateways.files.shelves import ARCHIVES, PICTURES

NAME, OTHER = "ab" * 32, "cd" * 32
KEYS = {"MAKEWHOLE_EVIDENCE_S3_ACCESS_KEY_ID": "key", "MAKEWHOLE_EVIDENCE_S3_SECRET_ACCESS_KEY": "secret"}


@pytest.fixture(scope="module")
def s3() -> Iterator[ThreadedMotoServer]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    yield server
    server.stop()


def bucket_of(server: ThreadedMotoServer) -> dict[str, str]:
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    httpx.put(f"{address}/pictures", trust_env=False).raise_for_status()
    return {**KEYS, "MAKEWHOLE_EVIDENCE_S3_BUCKET": "pictures", "MAKEWHOLE_EVIDENCE_S3_ADDRESS": address}


def opened(told: Mapping[str, str]) -> FileStore:
    store = open_store(told, PICTURES)
    assert store is not None
    return store


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> FileStore:
    if request.param == "folder":
        return opened({"MAKEWHOLE_EVIDENCE_FOLDER": str(tmp_path / "of" / "pictures")})
    return opened(bucket_of(request.getfixturevalue("s3")))


async def test_what_is_put_is_given_back_until_it_is_removed(store: FileStore) -> None:
    await store.put(NAME, b"one")
    await store.put(OTHER, b"two")
    await store.put(NAME, b"one")

    assert (await store.get(NAME), await store.get(OTHER)) == (b"one", b"two")
    for _ in range(2):
        await store.remove(NAME)
    assert (await store.get(NAME), await store.get(OTHER)) == (None, b"two")
    await store.remove(OTHER)


async def test_a_file_is_there_whole_or_not_at_all_and_nobody_else_may_read_it(tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    store = opened({"MAKEWHOLE_EVIDENCE_FOLDER": str(folder)})

    await store.put(NAME, b"x" * 100_000)

    (file,) = (each for each in folder.rglob("*") if each.is_file())
    assert (file.name, file.stat().st_size) == (f"{NAME}.jpg", 100_000)
    assert [each.stat().st_mode & 0o077 for each in (folder, file.parent, file)] == [0, 0, 0]


async def test_a_store_that_does_not_answer_says_so(tmp_path: Path, s3: ThreadedMotoServer) -> None:
    full = tmp_path / "pictures"
    in_folder, nowhere = opened({"MAKEWHOLE_EVIDENCE_FOLDER": str(full)}), {"MAKEWHOLE_EVIDENCE_S3_BUCKET": "none"}
    full.rmdir()
    full.write_text("a file is in the way")
    in_no_bucket = opened(bucket_of(s3) | nowhere)

    for store in (in_folder, in_no_bucket):
        with pytest.raises(StoreDown) as down:
            await store.put(NAME, b"one")
        assert "secret" not in str(down.value) and "\n" not in str(down.value)


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({"MAKEWHOLE_EVIDENCE_S3_ACCESS_KEY_ID": "key"}, "belong together"),
        ({**KEYS, "MAKEWHOLE_EVIDENCE_S3_ADDRESS": "http://store.example"}, "begins with https"),
    ],
)
def test_half_a_bucket_and_one_that_is_reached_in_clear_are_refused(told: dict[str, str], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        open_store({"MAKEWHOLE_EVIDENCE_S3_BUCKET": "pictures", **told}, PICTURES)


def test_without_a_word_nothing_is_kept() -> None:
    assert open_store({}, PICTURES) is None


async def test_an_archive_is_found_by_its_merchant_kind_and_month(tmp_path: Path) -> None:
    store = open_store({"MAKEWHOLE_ARCHIVE_FOLDER": str(tmp_path / "archives")}, ARCHIVES)
    assert store is not None

    for content in (b"one", b"two"):
        await store.put("acme/webhook_events/2026-03-0001-ab", content)

    file = tmp_path / "archives" / "acme" / "webhook_events" / "2026-03-0001-ab.jsonl.gz"
    assert (file.read_bytes(), await store.get("acme/webhook_events/2026-03-0001-ab")) == (b"two", b"two")
    assert [each.stat().st_mode & 0o077 for each in (file, *file.parents[:3])] == [0, 0, 0, 0]
