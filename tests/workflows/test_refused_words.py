"""A word that was refused stays refused for every attempt of it, and may be said again as another word (rule 31)."""

from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from activities.parcels import InspectedLine, Inspection, Loss, Receipt, ReturnShipment
from activities.refunds import AlreadyPaid, CloseRefund, RecordCancel, Refunds
from activities.returns import RecordInspection, RecordLoss, RecordReceipt, RecordShipment, Returns
from activities.review import Review, ReviewDecision
from db import claims, steps, words
from db.api_keys import Role
from domain import clock
from domain.lifecycle import RefundStatus
from domain.rights.review import Decision
from domain.said import CONFLICTING_STATE, NO_RUN, REFUSED, KnownWord, Overruled, Word, WordKind, fingerprint, word_id
from domain.steps import Step
from gateways.sandbox.carrier import SandboxCarrier
from service.steps import RefundRef, RunIsBehind
from tests.shop import Shop
from tests.workflows.test_lost_parcels import a_return
from tools.client import Json

KEY = "the-parcel-of-tuesday"
TOO_MUCH = {"lines": [{"line_id": "l1", "quantity": 9}]}
ALL = Receipt((("l1", 2),), "warehouse")


def returns(shop: Shop) -> Returns:
    return Returns(shop.engine, SandboxCarrier(shop.engine), None, None)  # type: ignore[arg-type]


async def a_word(shop: Shop, refund: Json, kind: WordKind, said: object) -> tuple[RefundRef, str, Word]:
    """What an attempt of the run that has the refund brings along, left on its way by a task that was lost."""
    run = (await shop.workflow(refund).describe()).run_id
    ref = RefundRef(refund["refund_id"], shop.merchant_id)
    return ref, f"{run}.99", Word(word_id(kind, KEY), kind, fingerprint(said), run, 1)


async def say(shop: Shop, at: str, body: Json) -> httpx.Response:
    return await shop.raw(Role.WAREHOUSE, "POST", f"{at}/receipt", json=body, headers={"Idempotency-Key": KEY})


async def known_words(shop: Shop, refund: Json) -> tuple[KnownWord, ...]:
    async with shop.engine.connect() as connection:
        return await words.known(connection, refund["refund_id"])


async def received(shop: Shop, refund: Json) -> list[int]:
    async with shop.engine.connect() as connection:
        return [row.received for row in (await claims.rows_of(connection, [refund["refund_id"]]))[refund["refund_id"]]]


async def test_an_attempt_of_a_refused_word_that_lands_late_does_nothing(shop: Shop) -> None:
    refund, at = await a_return(shop)
    refused = await say(shop, at, TOO_MUCH)
    ref, message_id, word = await a_word(shop, refund, WordKind.RECEIPT, ALL)

    with pytest.raises(RunIsBehind, match="was refused meanwhile"):
        await returns(shop).record_receipt(RecordReceipt(ref, ALL, message_id, word=word))

    assert refused.json()["code"] == "quantity_not_available"
    assert await received(shop, refund) == [0]
    assert word.word_id not in [each.word_id for each in await known_words(shop, refund)]


async def test_a_refused_word_is_judged_anew_under_its_key_as_often_as_it_is_said(shop: Shop) -> None:
    refund, at = await a_return(shop)

    refused = [await say(shop, at, TOO_MUCH) for _ in range(3)]
    taken = [await say(shop, at, {}) for _ in range(2)]
    reused = await say(shop, at, TOO_MUCH)

    assert [each.json()["code"] for each in refused] == ["quantity_not_available"] * 3
    assert [each.status_code for each in taken] == [200, 200]
    assert reused.json()["code"] == "idempotency_key_reused"
    assert await received(shop, refund) == [2]


async def test_a_word_whose_attempt_was_quicker_than_its_refusal_is_answered_yes(shop: Shop) -> None:
    """Its run knows nothing of that attempt, and would refuse it: everything is received already."""
    refund, at = await a_return(shop)
    ref, message_id, word = await a_word(shop, refund, WordKind.RECEIPT, ALL)
    await returns(shop).record_receipt(RecordReceipt(ref, ALL, message_id, word=word))

    answer = await say(shop, at, {"lines": [{"line_id": "l1", "quantity": 2}]})
    while answer.status_code == 503:
        answer = await say(shop, at, {"lines": [{"line_id": "l1", "quantity": 2}]})

    assert answer.status_code == 200
    assert await received(shop, refund) == [2]


async def test_goods_that_have_arrived_are_not_received_again_or_lost(shop: Shop) -> None:
    """A run that does not know of them is behind: another takes the refund over, which does."""
    refund, at = await a_return(shop)
    await shop.warehouse.post(f"{at}/receipt", {})
    ref, message_id, word = await a_word(shop, refund, WordKind.RECEIPT, ALL)
    loss = Loss("nowhere to be found", "warehouse")

    with pytest.raises(RunIsBehind, match="nothing of that parcel is awaited"):
        await returns(shop).record_receipt(RecordReceipt(ref, ALL, message_id, word=word))
    with pytest.raises(RunIsBehind, match="nothing of that parcel is awaited"):
        await returns(shop).record_loss(RecordLoss(ref, loss, message_id))

    assert (await shop.until(refund, "inspecting"))["status"] == "inspecting"
    assert await received(shop, refund) == [2]


async def test_news_of_a_parcel_moves_a_refund_on_also_where_its_run_believes_it_in_review(shop: Shop) -> None:
    """The decision about another parcel was noted in a task that was lost: nobody is asked any more."""
    refund, _ = await a_return(shop)
    ref, message_id, word = await a_word(shop, refund, WordKind.SHIPMENT, "SF2")
    sent = ReturnShipment("SF Express", "SF2", "merchant")
    one = Receipt((("l1", 1),), "warehouse")
    in_review = RefundStatus.IN_REVIEW

    await returns(shop).record_shipment(RecordShipment(ref, sent, message_id, word, in_review))
    shipped = (await shop.until(refund, "in_transit"))["status"]
    await returns(shop).record_receipt(RecordReceipt(ref, one, f"{message_id}1", in_review))
    received = (await shop.until(refund, "inspecting"))["status"]

    assert (shipped, received) == ("in_transit", "inspecting")


async def test_a_run_that_does_not_know_of_an_approval_decides_nothing_else(shop: Shop) -> None:
    """The label was made in a task that was lost: the approval stands, and whoever decides otherwise is told so."""
    refund, _ = await a_return(shop)
    ref, message_id, word = await a_word(shop, refund, WordKind.REVIEW, "no")
    at = clock.now() + timedelta(minutes=1)
    rejects = ReviewDecision(ref, Decision.REJECT, "reviewer", None, "worn", message_id, at, word=word)

    with pytest.raises(RunIsBehind, match="was approved, and its label is made"):
        await Review(shop.engine).record_decision(rejects)

    assert word.word_id not in [each.word_id for each in await known_words(shop, refund)]


async def test_what_becomes_of_a_lost_parcel_is_decided_once(shop: Shop) -> None:
    """A task was lost in which a reviewer had said that it is paid: whoever says no afterwards is told so."""
    refund, at = await a_return(shop)
    await shop.warehouse.post(f"{at}/loss", {"lines": [{"line_id": "l1", "quantity": 1}], "note": "searched for"})
    await shop.reviewer.post(f"{at}/review", {"decision": "approve", "note": "we pay for it"})
    ref, message_id, word = await a_word(shop, refund, WordKind.REVIEW, "no")
    later = clock.now() + timedelta(minutes=1)
    rejects = ReviewDecision(ref, Decision.REJECT, "reviewer", None, "worn", message_id, later, word=word)

    with pytest.raises(RunIsBehind, match="nobody asked about what is lost"):
        await Review(shop.engine).record_decision(replace(rejects, is_of_lost_parcel=True))
    await shop.warehouse.post(f"{at}/receipt", {})
    await shop.warehouse.post(f"{at}/inspection", {})
    done = await shop.until(refund, "completed")

    assert done["total"] == 120_000


async def test_a_word_that_another_has_overruled_has_no_effect_when_it_is_heard_again(shop: Shop) -> None:
    """Both were noted in tasks that were lost: the last one stands, and a run that does not know it is behind."""
    refund, at = await a_return(shop)
    await shop.warehouse.post(f"{at}/receipt", {})
    ref, message_id, word = await a_word(shop, refund, WordKind.INSPECTION, "good")
    other = replace(word, word_id=word_id(WordKind.INSPECTION, "another"))
    good = Inspection((InspectedLine("l1", 2, 0, None, ""),), "warehouse")
    broken = Inspection((InspectedLine("l1", 0, 2, None, ""),), "warehouse")
    now = clock.now()

    await returns(shop).record_inspection(RecordInspection(ref, good, message_id, now, word))
    later = now + timedelta(minutes=1)
    await returns(shop).record_inspection(RecordInspection(ref, broken, f"{message_id}1", later, other))
    with pytest.raises(RunIsBehind, match="overruled"):
        await returns(shop).record_inspection(RecordInspection(ref, good, f"{message_id}2", later, word))

    async with shop.engine.connect() as connection:
        (row,) = (await claims.rows_of(connection, [refund["refund_id"]]))[refund["refund_id"]]
    assert (row.accepted, row.rejected) == (0, 2)


async def test_a_word_that_was_acted_upon_without_a_run_has_no_effect_when_a_run_hears_it(shop: Shop) -> None:
    """It was said after the end, and the run that was about to begin again had asked before what is known."""
    refund, _ = await a_return(shop)
    ref, message_id, word = await a_word(shop, refund, WordKind.RECEIPT, "came")
    async with shop.engine.begin() as connection:
        assert await words.take(connection, ref.refund_id, 1, replace(word, run=NO_RUN), {})

    with pytest.raises(RunIsBehind, match="without this run"):
        await returns(shop).record_receipt(
            RecordReceipt(ref, Receipt((("l1", 1),), "warehouse"), message_id, RefundStatus.INSPECTING, word)
        )

    async with shop.engine.connect() as connection:
        (row,) = (await claims.rows_of(connection, [refund["refund_id"]]))[refund["refund_id"]]
    assert row.received == 0


async def test_a_cancellation_before_a_round_has_begun_is_of_the_round_before(shop: Shop) -> None:
    """Its units are not claimed again: the parcel that opens it after all is not called off by that."""
    refund, _ = await a_return(shop)
    ref, message_id, word = await a_word(shop, refund, WordKind.CANCEL, "no")

    called_off = RecordCancel(ref.next_round, "wang", "", "customer", message_id, word)
    await Refunds(shop.engine).record_cancel(called_off)

    async with shop.engine.connect() as connection:
        assert await words.latest(connection, ref.refund_id, 2, WordKind.CANCEL) is None
        assert (await words.latest(connection, ref.refund_id, 1, WordKind.CANCEL))["by"] == "wang"


async def test_a_refusal_is_no_word_that_a_run_has_to_know(shop: Shop) -> None:
    refund, at = await a_return(shop)
    before = len(await known_words(shop, refund))
    await say(shop, at, TOO_MUCH)

    async with shop.engine.begin() as connection:
        noted = await words.of_refund(connection, refund["refund_id"])
        again = Word(word_id(WordKind.RECEIPT, KEY), WordKind.RECEIPT, "", REFUSED, 0)
        is_new = await words.refuse(connection, refund["refund_id"], 1, again, Overruled(CONFLICTING_STATE, "no"))

    assert len(noted) == before
    assert await known_words(shop, refund) == tuple(
        KnownWord(e.word.word_id, e.word.kind, e.word.sha256) for e in noted
    )
    assert not is_new


async def test_a_shipment_of_a_refund_that_is_over_is_refused_before_and_after(shop: Shop) -> None:
    refund, at = await a_return(shop)
    await shop.merchant.post(f"{at}/cancel", {})
    await shop.until(refund, "cancelled")
    shipment = {"carrier": "SF", "tracking_number": "1"}
    refused = await shop.raw(Role.MERCHANT, "POST", f"{at}/shipment", json=shipment, headers={"Idempotency-Key": KEY})
    ref, message_id, word = await a_word(shop, refund, WordKind.SHIPMENT, shipment)

    with pytest.raises(RunIsBehind):
        await returns(shop).record_shipment(
            RecordShipment(ref, ReturnShipment("SF", "1", "merchant"), message_id, word)
        )

    assert refused.json()["code"] == "conflicting_state"


async def test_what_pays_nothing_is_not_called_off_once_that_is_confirmed(shop: Shop) -> None:
    """No payout says so; and letting go of what is held may have been answered for by a person."""
    refund, _ = await a_return(shop)
    run = (await shop.workflow(refund).describe()).run_id
    ref = RefundRef(refund["refund_id"], shop.merchant_id)
    async with shop.engine.begin() as connection:
        await steps.claim_step(connection, ref.refund_id, ref.step(Step.CONFIRM_PAYOUTS))

    command = CloseRefund(ref, RefundStatus.CANCELLED, "not wanted any more", "customer", f"{run}.99", None)
    with pytest.raises(AlreadyPaid):
        await Refunds(shop.engine).close_refund(command)

    assert (await shop.merchant.get(f"/v1/refunds/{ref.refund_id}"))["status"] == "awaiting_return"


async def test_a_run_that_does_not_know_that_all_is_lost_does_not_lose_the_rest(shop: Shop) -> None:
    """All was said to be lost in a task that was lost; half came, and the same word is about the other half now."""
    refund, _ = await a_return(shop)
    ref, message_id, word = await a_word(shop, refund, WordKind.LOSS, "lost")
    all_of_it, the_rest = Loss("the carrier lost it", "merchant"), Loss("the carrier lost it", "merchant", (("l1", 1),))
    await returns(shop).record_loss(RecordLoss(ref, all_of_it, message_id, word))

    with pytest.raises(RunIsBehind, match="all of it is lost"):
        await returns(shop).record_loss(RecordLoss(ref, the_rest, f"{message_id}1", word))
    await returns(shop).record_loss(RecordLoss(ref, all_of_it, f"{message_id}2", word))
