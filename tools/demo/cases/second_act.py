"""The second act: a card at a Stripe, a gift card, letters, webhooks and a label, with programs that others wrote."""

import json
import sys
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from functools import partial
from pathlib import Path

from tools.client import Json
from tools.demo.cases.case import APPROVED, Case, CaseWords, Person
from tools.demo.cases.case_run import CaseRun
from tools.demo.cases.figures import left, paid
from tools.demo.cases.sample_orders import Goods, Payment, SampleSale
from tools.demo.parties.parties import Parties
from tools.demo.parties.running import REPOSITORY, running
from tools.stack import ports

_CARD = "GC-4711"
_POST: Json = {
    "adapter": "karrio",
    "carrier": "generic",
    "connection": {"display_name": "Post", "custom_carrier_name": "post"},
    "address": {
        "company_name": "Returns",
        "address_line1": "Nanjing Road 1",
        "city": "Shanghai",
        "postal_code": "200001",
        "country_code": "CN",
    },
}


def second_act(parties: Parties) -> tuple[Case, ...]:
    return (
        Case(
            title=f"A card at {parties.stripe.name} and a gift card",
            person=Person("mulan", CaseWords("花木兰", "Hua Mulan")),
            plot="Sends the headphones back and keeps the kettle. The gift card lives in the shop's own system, "
            f"webhooks are verified by the client. Stripe: {parties.stripe.name}; mail: {parties.letters.name}.",
            play=partial(_paid_by_two, parties),
        ),
    )


async def _paid_by_two(parties: Parties, case_run: CaseRun) -> None:
    email = f"{case_run.customer_id}@example.com"
    await case_run.customer_registers(email=email)
    await _has_accounts(parties, case_run)
    async with _shop_system(parties, case_run) as told:
        payment = await parties.stripe.pays(450_00)
        goods = (Goods("headphones", "Headphones", 480_00), Goods("kettle", "Kettle", 120_00))
        payments = (Payment("card", 450_00, payment, "stripe"), Payment("gift_card", 150_00, _CARD))
        order = await case_run.sold(SampleSale(goods, payments=payments))

        refund_id = await case_run.refund_asked(
            order, "quality_issue", "no sound on the left", lines={"headphones": 1}, kind="return"
        )
        await case_run.reviewed(refund_id, "approve", "known fault of this batch")
        label = (await case_run.reached(refund_id, "awaiting_return"))["return"]["labels"][0]
        await _label_is_a_pdf(case_run, label["label_url"])
        await case_run.shipped(refund_id, "Post", label["tracking_number"])
        await case_run.received(refund_id, "headphones", 1)
        await case_run.inspected(refund_id, "headphones", accepted=1, rejected=0, note="silent indeed")
        refund = await case_run.reached(refund_id)

        await _money_is_back(parties, case_run, refund, payment)
        case_run.expect(
            "the kettle could still pay ¥120.00", left(await case_run.order(order)), [("kettle", 1, 120_00)]
        )
        await case_run.expect_told(APPROVED)
        await _letters_arrived(parties, case_run, email)
        await _webhooks_were_verified(case_run, told, refund_id)


async def _has_accounts(parties: Parties, case_run: CaseRun) -> None:
    case_run.does("telling accounts at Stripe and at a carrier")
    secrets = {"api_key": parties.stripe.api_key, "webhook_secrets": "whsec_of_an_endpoint"}
    account = {"adapter": "stripe", "base_address": parties.stripe.address, "secrets": secrets}
    await case_run.shop.owner.put("/v1/gateways/stripe", account)
    await case_run.shop.owner.put("/v1/carriers/post", _POST)


async def _label_is_a_pdf(case_run: CaseRun, address: str) -> None:
    label = await case_run.shop.http.get(address)
    shown = (label.headers["content-type"], label.content[:5])
    case_run.expect(f"the label is a PDF, of {len(label.content):,} bytes", shown, ("application/pdf", b"%PDF-"))


async def _money_is_back(parties: Parties, case_run: CaseRun, refund: Json, payment: str) -> None:
    by_method = [paid(refund, "card"), paid(refund, "gift_card")]
    case_run.expect(
        "¥480.00 came back as it was paid: 360.00 by card, 120.00 by gift card", by_method, [360_00, 120_00]
    )
    at_stripe = list(await parties.stripe.paid_back(payment))
    case_run.expect(f"{parties.stripe.name} itself says ¥360.00, once", at_stripe, [360_00])
    there = case_run.shop.loyalty.came_back(_CARD, case_run.customer_id)
    case_run.expect("the shop's own system has ¥120.00 more on the gift card", there, 120_00)


async def _letters_arrived(parties: Parties, case_run: CaseRun, email: str) -> None:
    said = [message["body"] for message in await case_run.inbox()]

    async def look() -> Sequence[EmailMessage]:
        return await parties.letters.to(email)

    letters = await case_run.waited_for("letters", look, lambda letters: len(letters) >= len(said))
    lines = Counter(line for letter in letters for line in _plain(letter).splitlines())
    counts = [lines[body] for body in said]
    case_run.expect(f"each of {len(said)} messages lies once in {parties.letters.name}", counts, [1] * len(said))


def _plain(letter: EmailMessage) -> str:
    part = letter.get_body(("plain",))
    return "" if part is None else str(part.get_content())


@dataclass(frozen=True, slots=True)
class _Heard:
    """What the shop's system has written down of what it was told."""

    book: Path

    async def events(self) -> list[Json]:
        written = self.book.read_text(encoding="utf-8") if self.book.exists() else ""
        return [json.loads(line) for line in written.splitlines()]


@asynccontextmanager
async def _shop_system(parties: Parties, case_run: CaseRun) -> AsyncIterator[_Heard]:
    """Have the merchant's system told at an endpoint of its own, and verify with the secret that it was given."""
    case_run.does("telling where webhooks go")
    port, book = ports.any_free(), parties.folder / "webhooks.jsonl"
    made = await case_run.shop.owner.put("/v1/webhook-endpoints/shop", {"url": f"http://127.0.0.1:{port}/hooks"})
    told = {"WEBHOOK_SECRET": made["secret"], "PYTHONPATH": str(REPOSITORY / "clients" / "python")}
    command = (sys.executable, "-m", "tools.demo.parties.shop_system", str(port), str(book))
    async with running(*command, port=port, log=parties.folder / "shop.log", environment=told):
        yield _Heard(book)


async def _webhooks_were_verified(case_run: CaseRun, told: _Heard, refund_id: str) -> None:
    heard = await case_run.waited_for(
        "webhooks", told.events, lambda events: any(each.get("type") == "refund.completed" for each in events)
    )
    refused = [each for each in heard if "refused" in each]
    case_run.expect(f"{len(heard)} webhooks came, and the client could verify each", refused, [])
    logged = (await case_run.shop.merchant.get("/v1/webhook-events", refund_id=refund_id, limit=200))["items"]
    in_order = list(dict.fromkeys((each["event_id"], each["type"]) for each in heard))
    sent = [(each["event_id"], each["type"]) for each in reversed(logged)]
    case_run.expect("they tell of the refund in the order in which it happened", in_order, sent[: len(in_order)])
