"""The suite would notice: each messenger with one fault, which a case of the suite must catch."""

import importlib
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

import gateways.messengers
from gateways.messengers.letters import Fate
from tests.messages import test_messengers as suite
from tests.messages.messenger_parties import PARTIES
from tests.messages.messenger_party import Party
from tests.messages.sms_peers import Becomes


@dataclass(frozen=True, slots=True)
class Mutant:
    """`was`, found once in the adapter of a party, becomes `is_now`; `by` is the test that must fail then."""

    at: str
    was: str
    is_now: str
    by: Callable[[Party], Awaitable[None]]


async def lost_on_the_network(party: Party) -> None:
    await suite.test_what_became_of_a_letter_is_told_to_who_asks(party, Becomes.LOST, Fate.UNDELIVERED)


async def on_its_way(party: Party) -> None:
    await suite.test_what_became_of_a_letter_is_told_to_who_asks(party, Becomes.ON_ITS_WAY, Fate.ON_ITS_WAY)


_ARRIVES = suite.test_a_letter_arrives_as_it_was_written_once_it_is_noted_that_it_may
_NOT_NOW = suite.test_who_does_not_take_it_for_now_is_asked_again_after_as_long_as_they_say
_REFUSED = suite.test_a_no_for_good_is_told_with_its_reason
_BROKEN = suite.test_who_breaks_down_has_said_nothing_of_the_letter
_OUR_FAULT = suite.test_a_key_that_they_do_not_take_says_nothing_of_the_letter
_LOST = suite.test_what_they_have_is_found_although_their_answer_was_lost
_NOBODY_KNOWS = suite.test_who_can_not_be_asked_what_they_have_leaves_it_open_for_ever
_OTHERS = suite.test_another_letter_of_the_same_text_is_not_taken_for_it

MUTANTS: dict[str, Mutant] = {
    "a no for now taken for one for good": Mutant("mail", "if no.code >= 500:", "if no.code >= 400:", _NOT_NOW),
    "a no for good taken for one for now": Mutant("mail", "if no.code >= 500:", "if no.code >= 600:", _REFUSED),
    "a lost answer taken for none": Mutant("mail", "raise NobodyKnows(letter.key)", "return None", _NOBODY_KNOWS),
    "noted before the server was asked": Mutant(
        "mail", "await self._address(smtp, letter)\n            await handing_over()", "await handing_over()", _REFUSED
    ),
    "not noted": Mutant("mail", "            await handing_over()\n", "", _ARRIVES),
    "the text of the subject": Mutant(
        "mail", "message.set_content(letter.text)", "message.set_content(letter.subject)", _ARRIVES
    ),
    "Twilio: not noted": Mutant("twilio", "            await handing_over()\n", "", _ARRIVES),
    "Twilio: no look-up": Mutant("twilio", "if is_like and await is_this(", "if False and await is_this(", _LOST),
    "Twilio: whichever is of this text": Mutant(
        "twilio", 'if is_like and await is_this(words(each, "sid")):', "if is_like:", _OTHERS
    ),
    "Twilio: whichever is to this number": Mutant("twilio", 'words(each, "body") == letter.text and ', "", _OTHERS),
    "Twilio: to whomever": Mutant("twilio", " and _is_to(each, letter.to)", "", _OTHERS),
    "Twilio: the first page alone": Mutant("twilio", 'path = words(page, "next_page_uri")', 'path = ""', _OTHERS),
    "Twilio: by the time of sending": Mutant(
        "twilio", '"PageSize": _PAGE}', '"PageSize": _PAGE, "DateSent>": "2026-11-01"}', _LOST
    ),
    "Twilio: 429 taken for a no": Mutant(
        "twilio", "if response.status_code == httpx.codes.TOO_MANY_REQUESTS:", "if False:", _NOT_NOW
    ),
    "Twilio: Retry-After unread": Mutant("twilio", 'response.headers.get("Retry-After", "")', '""', _NOT_NOW),
    "Twilio: 500 taken for a no": Mutant(
        "twilio", 'raise OutOfOrder(f"answered {response.status_code}")', 'raise Declined("500", "no")', _BROKEN
    ),
    "Twilio: a wrong key taken for a no": Mutant(
        "twilio",
        "if response.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):",
        "if False:",
        _OUR_FAULT,
    ),
    "Twilio: undelivered taken for arrived": Mutant(
        "twilio", '"undelivered": Fate.UNDELIVERED', '"undelivered": Fate.DELIVERED', lost_on_the_network
    ),
    "Aliyun: not noted": Mutant("aliyun", "        await handing_over()\n", "", _ARRIVES),
    "Aliyun: no look-up": Mutant("aliyun", 'if words(each, "OutId") == out_id(letter):', "if False:", _LOST),
    "Aliyun: whichever went to this number": Mutant(
        "aliyun", 'if words(each, "OutId") == out_id(letter):', "if True:", _OTHERS
    ),
    "Aliyun: a key of the attempt": Mutant(
        "aliyun", '"OutId": out_id(letter)', '"OutId": secrets.token_hex(20)', _LOST
    ),
    "Aliyun: with the country before the number": Mutant(
        "aliyun", "return to.removeprefix(COUNTRY)", "return to", _ARRIVES
    ),
    "Aliyun: busy taken for a no": Mutant("aliyun", "if code in _BUSY or", "if code in () or", _NOT_NOW),
    "Aliyun: a breakdown taken for a no": Mutant(
        "aliyun", 'raise OutOfOrder(f"answered {code or response.status_code}")', 'raise Declined(code, "no")', _BROKEN
    ),
    "Aliyun: a wrong key taken for a no": Mutant("aliyun", "if _is_about_us(code):", "if False:", _OUR_FAULT),
    "Aliyun: a yes whatever the code": Mutant(
        "aliyun", 'if response.is_success and code == "OK":', "if response.is_success:", _REFUSED
    ),
    "Aliyun: pending taken for arrived": Mutant(
        "aliyun", '_FATES = {"2"', '_FATES = {"1": Fate.DELIVERED, "2"', on_its_way
    ),
    "Aliyun: signed without the query": Mutant(
        "aliyun", '"POST", "/", self.canonical_query, lines', '"POST", "/", "", lines', _ARRIVES
    ),
}


@pytest.mark.parametrize("name", MUTANTS)
async def test_a_fault_in_a_messenger_is_caught(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mutant = MUTANTS[name]
    monkeypatch.syspath_prepend(tmp_path)
    async with PARTIES[mutant.at].open(with_fault(mutant, tmp_path)) as party:
        with pytest.raises((Exception, pytest.fail.Exception)):
            await mutant.by(party)


@pytest.mark.parametrize("at", sorted({mutant.at for mutant in MUTANTS.values()}))
async def test_a_copy_without_a_fault_passes_what_catches_them(
    at: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    for told in {mutant.by: None for mutant in MUTANTS.values() if mutant.at == at}:
        async with PARTIES[at].open(with_fault(Mutant(at, "import", "import", told), tmp_path)) as party:
            await told(party)


def with_fault(mutant: Mutant, folder: Path) -> ModuleType:
    """Import a copy of an adapter that has the fault; what it imports is what everybody has."""
    text = (Path(str(gateways.messengers.__file__)).parent / f"{mutant.at}.py").read_text(encoding="utf-8")
    if mutant.was != mutant.is_now:
        assert text.count(mutant.was) == 1, "the adapter has changed: choose the fault anew"
        text = text.replace(mutant.was, mutant.is_now)
    name = f"messenger_with_a_fault_{secrets.token_hex(4)}"
    (folder / f"{name}.py").write_text(text, encoding="utf-8")
    importlib.invalidate_caches()
    return importlib.import_module(name)
