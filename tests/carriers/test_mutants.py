"""The suite would notice: adapter and book of labels with one fault each, which a case of the suite must catch."""

import importlib
import inspect
import secrets
import shutil
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from gateways.karrio import calls
from gateways.ports import LabelMaker
from gateways.registry import WEBHOOK_SECRETS
from tests.carriers import test_labels, test_news
from tests.carriers.parties import PARTIES

ROOT = Path(__file__).parents[2]
CARRIER, CALLS = "gateways/karrio/carrier.py", "gateways/karrio/calls.py"
SERVICE, WEBHOOKS = "service/carrier_accounts.py", "gateways/parcel_webhooks.py"


@dataclass(frozen=True, slots=True)
class Mutant:
    """`was`, found once in a file, becomes `is_now`; `by` is the test that must fail then, against the party `at`."""

    file: str
    was: str
    is_now: str
    at: str
    by: Callable[..., Awaitable[None]]


MUTANTS = {
    "another number on each format": Mutant(
        CARRIER,
        "number=number[:17])",
        "number=_new_sscc()[:17])",
        "generic",
        test_labels.test_what_is_printed_can_be_read_by_a_scanner,
    ),
    "a bar code that says something else": Mutant(
        CARRIER,
        '"GS1_PREFIX": number[1:11]',
        '"GS1_PREFIX": "0000000000"',
        "generic",
        test_labels.test_what_is_printed_can_be_read_by_a_scanner,
    ),
    "nobody is asked for a pick-up": Mutant(
        CARRIER,
        "if order.collect_within is None:",
        "if True:",
        "ups",
        test_labels.test_a_label_without_a_pickup_is_a_label_all_the_same,
    ),
    "a pick-up is never called off": Mutant(
        CARRIER,
        "if label.pickup_ref:",
        "if False:",
        "ups",
        test_labels.test_a_label_without_a_pickup_is_a_label_all_the_same,
    ),
    "a label is never called off": Mutant(
        CARRIER,
        "        await self._offered(calls.Shipment.cancel(request))\n",
        "",
        "ups",
        test_labels.test_what_is_void_is_void_for_ever_and_at_the_carrier_too,
    ),
    "what is not offered is a no": Mutant(
        CARRIER,
        "if declined.code == calls.NOT_OFFERED:",
        "if False:",
        "generic",
        test_labels.test_a_label_without_a_pickup_is_a_label_all_the_same,
    ),
    "lost is on its way": Mutant(
        CARRIER,
        "if newest.reason == _LOST:",
        "if False:",
        "ups",
        test_news.test_who_is_asked_tells_how_far_a_parcel_has_come,
    ),
    "the oldest event counts": Mutant(
        CARRIER,
        "max(known",
        "min(known",
        "ups",
        test_news.test_who_is_asked_tells_how_far_a_parcel_has_come,
    ),
    "a label is a parcel": Mutant(
        CARRIER,
        "details.status in _NOT_HANDED_OVER or ",
        "",
        "ups",
        test_news.test_of_a_parcel_that_nobody_handed_over_nothing_is_told,
    ),
    "a breakdown is a no": Mutant(
        CALLS,
        "if response.code == _BUSY or response.code >= _BROKEN:",
        "if False:",
        "ups",
        test_labels.test_a_breakdown_is_no_answer,
    ),
    "no answer is a no": Mutant(
        CALLS,
        "raise OutOfOrder(",
        'raise Declined("", ',
        "ups",
        test_labels.test_where_an_answer_is_lost_one_label_stands,
    ),
    "the reason kept to ourselves": Mutant(
        CALLS,
        "for each in messages))\n\n\ndef _gateway",
        "for each in ()))\n\n\ndef _gateway",
        "ups",
        test_labels.test_a_no_is_told_with_the_reason_of_the_carrier,
    ),
    "asked anew each time": Mutant(
        SERVICE,
        "if known is None and account is not None:",
        "if account is not None:",
        "ups",
        test_labels.test_a_label_is_the_same_however_often_it_is_asked_for,
    ),
    "what is void is handed out": Mutant(
        SERVICE,
        "        if known.is_void:\n",
        "        if False:\n",
        "generic",
        test_labels.test_what_was_voided_before_it_was_issued_is_never_issued,
    ),
    "a second label is left at the carrier": Mutant(
        SERVICE,
        "if kept.is_void or kept.reference != made.reference:",
        "if kept.is_void:",
        "ups",
        test_labels.test_a_label_is_the_same_however_often_it_is_asked_for,
    ),
    "a label that was voided meanwhile is left": Mutant(
        SERVICE,
        "if kept.is_void or kept.reference != made.reference:",
        "if False:",
        "ups",
        test_labels.test_a_label_that_is_voided_while_it_is_made_is_called_off,
    ),
    "too late stops the return": Mutant(
        SERVICE,
        '            log.warning("%s does not call off',
        '            raise\n            log.warning("%s does not call off',
        "ups",
        test_labels.test_what_the_carrier_has_already_is_void_here,
    ),
    "the signature unchecked": Mutant(
        WEBHOOKS,
        "    verify(secrets, headers, body)",
        "    pass",
        "generic",
        test_news.test_what_a_stranger_signed_or_changed_is_not_even_read,
    ),
    "an id for each delivery": Mutant(
        WEBHOOKS,
        'Callback(headers["webhook-id"]',
        "Callback(str(id(object())) + str(__import__('time').monotonic_ns())",
        "generic",
        test_news.test_what_is_sent_twice_has_one_id_and_what_is_old_is_refused,
    ),
    "delivered is on its way": Mutant(
        WEBHOOKS,
        "ParcelState(self.type.removeprefix(PREFIX))",
        "ParcelState.IN_TRANSIT",
        "generic",
        test_news.test_a_webhook_names_the_parcel_by_the_number_on_its_label,
    ),
}


@pytest.fixture(autouse=True)
def opener() -> Iterator[None]:
    """A mutant tells urllib its own way how to ask; what comes after goes the right one again."""
    calls.plugins()
    before: Any = urllib.request._opener  # type: ignore[attr-defined]
    yield
    urllib.request.install_opener(before)


@pytest.mark.parametrize("name", MUTANTS)
async def test_a_fault_is_caught(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: AsyncEngine
) -> None:
    mutant = MUTANTS[name]
    monkeypatch.syspath_prepend(tmp_path)
    async with PARTIES[mutant.at].open(engine) as party:
        give(mutant, party, tmp_path)
        with pytest.raises((Exception, pytest.fail.Exception)):
            await mutant.by(*((party, engine) if "engine" in inspect.signature(mutant.by).parameters else (party,)))


def give(mutant: Mutant, party: Any, folder: Path) -> None:
    """Let a party go by what has the fault."""
    if mutant.file == WEBHOOKS:
        party.heard_by = copied(mutant, folder, "gateways/parcel_webhooks.py").hear
        return
    service = copied(mutant, folder, SERVICE)
    adapter = adapter_of(mutant, folder)

    class WithTheFault(service.Carriers):  # type: ignore[misc, name-defined]
        async def maker(self, account: Any) -> LabelMaker:
            told = {**service.opened(self._vault, account)}
            told.pop(WEBHOOK_SECRETS)
            account_of = importlib.import_module(f"{adapter}.account").account_of
            made: LabelMaker = importlib.import_module(f"{adapter}.carrier").KarrioCarrier(
                account_of(account.settings, told, account.base_address)
            )
            return made

    asked = party.carriers
    party.carriers = WithTheFault(asked._engine, asked._vault, asked._open_to_all)


def adapter_of(mutant: Mutant, folder: Path) -> str:
    """Copy the adapter, with its fault if it is there, and return the name of the copy."""
    name = f"karrio_with_a_fault_{secrets.token_hex(4)}"
    package = folder / name
    shutil.copytree(ROOT / "gateways/karrio", package, ignore=shutil.ignore_patterns("__pycache__"))
    for path in package.glob("*.py"):
        text = path.read_text(encoding="utf-8").replace("gateways.karrio", name)
        path.write_text(faulty(mutant, f"gateways/karrio/{path.name}", text), encoding="utf-8")
    importlib.invalidate_caches()
    return name


def copied(mutant: Mutant, folder: Path, file: str) -> ModuleType:
    name = f"faulty_{secrets.token_hex(4)}"
    text = faulty(mutant, file, (ROOT / file).read_text(encoding="utf-8"))
    (folder / f"{name}.py").write_text(text, encoding="utf-8")
    importlib.invalidate_caches()
    return importlib.import_module(name)


def faulty(mutant: Mutant, file: str, text: str) -> str:
    if file != mutant.file:
        return text
    assert text.count(mutant.was) == 1, "it has changed: choose the fault anew"
    return text.replace(mutant.was, mutant.is_now)
