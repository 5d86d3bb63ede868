"""The certificates of docker-compose.yml's Temporal: whose they are, what for, and that nobody can make more."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from domain import clock
from temporal_client.certificates import AUTHORITY, CERTIFICATE, KEY, PARTIES, SERVER, main


@pytest.fixture
def made(tmp_path: Path) -> Path:
    assert main([str(tmp_path)]) == 0
    return tmp_path


def files(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def loaded(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def signed_by(folder: Path) -> PolicyBuilder:
    return PolicyBuilder().store(Store([loaded(folder / AUTHORITY)]))


@pytest.mark.parametrize("folder", [party.folder for party in PARTIES])
def test_every_party_is_known_to_the_server_as_a_client(made: Path, folder: str) -> None:
    verified = signed_by(made / "server").build_client_verifier().verify(loaded(made / folder / CERTIFICATE), [])

    assert verified.chain[-1] == loaded(made / "server" / AUTHORITY)


@pytest.mark.parametrize("folder", ["programs", "operators"])
def test_clients_know_the_server_and_take_none_of_themselves_for_it(made: Path, folder: str) -> None:
    verifier = signed_by(made / folder).build_server_verifier(x509.DNSName(SERVER))

    verifier.verify(loaded(made / "server" / CERTIFICATE), [])
    for other in ("programs", "operators"):
        with pytest.raises(VerificationError):
            verifier.verify(loaded(made / other / CERTIFICATE), [])


def test_nobody_can_sign_another(made: Path) -> None:
    keys = [load_pem_private_key(path.read_bytes(), password=None) for path in made.rglob(f"*{KEY}")]

    public = {key.public_key().public_numbers() for key in keys}  # type: ignore[union-attr]
    assert len(public) == len(PARTIES)
    assert loaded(made / "server" / AUTHORITY).public_key().public_numbers() not in public  # type: ignore[union-attr]


def test_what_is_whole_stays(made: Path) -> None:
    before = files(made)

    assert main([str(made)]) == 0

    assert files(made) == before


def half_made(folder: Path) -> Iterator[str]:
    (folder / "operators" / KEY).unlink()
    yield "a key is missing"
    (folder / "programs" / KEY).write_bytes((folder / "server" / KEY).read_bytes())
    yield "a key is another's"
    (folder / "programs" / AUTHORITY).write_text("half of a certif")
    yield "a file is cut off"
    earlier = files(folder / "server")
    main([str(folder), "--anew"])
    for path, content in earlier.items():
        path.write_bytes(content)
    yield "one is of an authority of before"


def test_what_is_not_whole_is_made_anew_for_all(made: Path) -> None:
    for what in half_made(made):
        before = loaded(made / "server" / CERTIFICATE)

        assert main([str(made)]) == 0

        assert loaded(made / "server" / CERTIFICATE) != before, what
        assert {(made / party.folder / AUTHORITY).read_bytes() for party in PARTIES} == {
            (made / "server" / AUTHORITY).read_bytes()
        }, what


def test_what_has_ended_is_made_anew(tmp_path: Path) -> None:
    long_ago = clock.of_this_machine() - timedelta(days=4000)
    with clock.set_to(lambda: long_ago):
        main([str(tmp_path)])
    before = files(tmp_path)

    main([str(tmp_path)])

    assert loaded(tmp_path / "server" / CERTIFICATE).not_valid_after_utc > clock.of_this_machine()
    assert files(tmp_path).keys() == before.keys()


@pytest.mark.parametrize("arguments", [[], ["a", "b"]])
def test_it_wants_one_folder(arguments: list[str]) -> None:
    assert main(arguments) == 2
