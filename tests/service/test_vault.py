"""What is sealed is read by nobody without its key, nor anywhere but in its place."""

import base64
import secrets
from dataclasses import replace

import pytest

from service.vault import KEY_BYTES, NotOpened, Vault
from variables import encryption_keys

OLD, NEW = {"old": b"o" * KEY_BYTES}, {"new": b"n" * KEY_BYTES}


def test_what_was_sealed_is_opened_in_its_place() -> None:
    vault = Vault(OLD)

    sealed = vault.seal(b"DE89", "m1:rf_1")

    assert vault.open(sealed, "m1:rf_1") == b"DE89"
    assert b"DE89" not in sealed.text and vault.seal(b"DE89", "m1:rf_1").text != sealed.text


def test_a_new_key_seals_from_now_on_and_the_old_one_still_opens() -> None:
    before = Vault(OLD).seal(b"DE89", "rf_1")
    both = Vault({**NEW, **OLD})

    assert both.open(before, "rf_1") == b"DE89"
    assert both.seal(b"DE89", "rf_1").key_id == "new"
    with pytest.raises(NotOpened, match="'old' is not among"):
        Vault(NEW).open(before, "rf_1")


@pytest.mark.parametrize("bound_to", ["rf_2", ""])
def test_what_was_moved_to_another_refund_is_not_opened(bound_to: str) -> None:
    vault = Vault(OLD)

    with pytest.raises(NotOpened, match="not what was sealed for this place"):
        vault.open(vault.seal(b"DE89", "rf_1"), bound_to)


def test_what_was_changed_is_not_opened() -> None:
    vault = Vault(OLD)
    sealed = vault.seal(b"DE89", "rf_1")

    with pytest.raises(NotOpened):
        vault.open(replace(sealed, text=bytes([sealed.text[0] ^ 1]) + sealed.text[1:]), "rf_1")


@pytest.mark.parametrize("keys", [{}, {"short": b"x" * 16}])
def test_a_vault_without_a_key_of_the_right_length_is_none(keys: dict[str, bytes]) -> None:
    with pytest.raises(ValueError, match="at least one key, each of 32 bytes"):
        Vault(keys)


A_KEY, ANOTHER = (base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode() for _ in range(2))


def test_keys_are_read_from_the_settings_the_newest_first() -> None:
    read = encryption_keys({"MAKEWHOLE_ENCRYPTION_KEYS": f"k2:{A_KEY} k1:{ANOTHER}"})

    assert list(read) == ["k2", "k1"] and read["k1"] == base64.b64decode(ANOTHER)
    assert encryption_keys({}) == {}


@pytest.mark.parametrize("wrong", [A_KEY, "k1:AAAA", f"k 1:{A_KEY}", f"k1:{A_KEY} k1:{A_KEY}", "k1:no base64!", "k1:é"])
def test_a_wrong_key_is_refused_and_not_repeated(wrong: str) -> None:
    with pytest.raises(ValueError, match="MAKEWHOLE_ENCRYPTION_KEYS is wrong at key") as refused:
        encryption_keys({"MAKEWHOLE_ENCRYPTION_KEYS": wrong})
    assert wrong.partition(":")[2] not in str(refused.value) or ":" not in wrong
