"""The mutants that the simulation must find: each is what somebody might really do to the saga on a tired afternoon."""

from proof.simulation.mutation import WorkflowMutant

_RELEASE = "saga.undo_with(Settlements.release_settlement, ReleaseSettlement(refund, self._steps.run))"

_GIVES = "each.do is not None and each.entitlement in settled.entitlements"
_WITHDRAWS = "each.undo is not None and each.entitlement in settled.entitlements"

WORKFLOW_MUTANTS = (
    WorkflowMutant(
        "undos are registered after the steps",
        "refund.RefundWorkflow._refund",
        "await self._reopening.begin(saga, known)",
        "pass",
        also=(
            (
                "settled = await self._settle(inspection)",
                "settled = await self._settle(inspection); await self._reopening.begin(saga, known)",
            ),
        ),
    ),
    WorkflowMutant(
        "a cancellation is not undone",
        "saga.Saga.__aexit__",
        "(RefundStopped, FailureError, asyncio.CancelledError)",
        "RefundStopped",
    ),
    WorkflowMutant(
        "unwinding is not seen through",
        "saga.Saga.__aexit__",
        "await uncancelled(self._unwind())",
        "await self._unwind()",
    ),
    WorkflowMutant(
        # To abandon the pivot is no fault any more: what may be paid is not closed as if it were not (`close_refund`).
        "the pivot is cut short when somebody cancels, and taken for done",
        "refund.RefundWorkflow._refund",
        "await uncancelled(self._paying.pay_everyone(settled, rule))",
        "try:\n    await self._paying.pay_everyone(settled, rule)\nexcept asyncio.CancelledError:\n    pass",
    ),
    WorkflowMutant("a stuck undo strands the others", "saga.Saga._unwind", "stuck.append((undo, failed))", "raise"),
    WorkflowMutant("a stuck undo is only forgotten", "saga.Saga._unwind", "await self._is_stuck(undo, reason)", "pass"),
    WorkflowMutant("what was held is never released", "reopening.Reopening.begin", _RELEASE, "pass"),
    WorkflowMutant(
        "claims are never released",
        "reopening.Reopening.begin",
        "saga.undo_with(Refunds.release_claims, refund)",
        "pass",
    ),
    WorkflowMutant(
        "the label is never voided",
        "reopening.Reopening.begin",
        "saga.undo_with(Returns.void_return, VoidReturn(refund))",
        "pass",
    ),
    WorkflowMutant(
        "the first run registers the hold's undo with its step, and loses both with one task",
        "reopening.Reopening.begin",
        _RELEASE,
        f"if not known.is_first:\n    {_RELEASE}",
    ),
    WorkflowMutant(
        "a run is named by how its id begins, as others of that minute",
        "steps.Steps.__init__",
        "workflow.info().run_id",
        "workflow.info().run_id[:8]",
    ),
    WorkflowMutant(
        "what is said is named by its number alone",
        "steps.Steps.message_id",
        'f"{self.run}.{self._messages}.{zlib.crc32(repr(what).encode()):08x}"',
        'f"{self.run}.{self._messages}"',
    ),
    WorkflowMutant(
        "entitlements are restored before the payout",
        "refund.RefundWorkflow._refund",
        "await uncancelled(self._paying.pay_everyone(settled, rule))",
        "await self._restoring.give_back(settled); await uncancelled(self._paying.pay_everyone(settled, rule))",
    ),
    WorkflowMutant(
        "what was held is captured before the payout",
        "paying.Paying.pay_everyone",
        "self._intake.phase = Phase.PAYOUT",
        "from activities.points import Points\n"
        "self._intake.phase = Phase.PAYOUT\n"
        "await self._steps.run_skippable(Points.restore_points, self._steps.refund)",
    ),
    WorkflowMutant(
        "pending counts as paid",
        "paying.Paying",
        "result.status in _PATIENCE",
        "False",
        also=(
            (
                "result.status is not PayoutStatus.SUCCEEDED and result.decline_code != DISPUTED",
                "result.status is PayoutStatus.DECLINED and result.decline_code != DISPUTED",
            ),
            ("result.status is PayoutStatus.SUCCEEDED", "result.status is not PayoutStatus.DECLINED"),
        ),
    ),
    WorkflowMutant(
        "a shortage counts as a no",
        "paying.Paying",
        "result.status in _PATIENCE",
        "result.status is PayoutStatus.PENDING",
    ),
    WorkflowMutant(
        "a declined tender is dropped",
        "paying.Paying._paid_or_disputed",
        "result = await self._declined(command, result, rule)",
        "break",
        also=(("return result", "return _BY_HAND"),),
    ),
    WorkflowMutant(
        "the second payment is unwound after the first succeeded",
        "paying.Paying._pay_one_by_one",
        "disputed and not self._is_past_the_pivot",
        "disputed",
    ),
    WorkflowMutant(
        "the first share that is disputed decides for all",
        "paying.Paying._pay_one_by_one",
        "disputed.append((share, result))",
        "raise RefundRefused('the payment was charged back')",
    ),
    WorkflowMutant(
        "a chargeback is credited as well",
        "paying.Paying._declined",
        "not _is_for_a_person(result)",
        "result.decline_code != PAYOUT_REVERSED",
    ),
    WorkflowMutant(
        "the second tender is forgotten",
        "paying.Paying._pay_one_by_one",
        "[(share, await self._ask(Payouts.pay_out, self._command(share.payment_id))) for share in shares]",
        "[(share, await self._ask(Payouts.pay_out, self._command(share.payment_id))) for share in shares[:1]]",
    ),
    WorkflowMutant(
        "an update is answered before its effect",
        "refund.RefundWorkflow._effect",
        "await workflow.wait_condition(lambda: has_happened() or self._is_over)",
        "pass",
        also=(("not has_happened()", "self._steps.status.is_final"),),
    ),
    WorkflowMutant(
        "a cancellation is answered at once",
        "refund.RefundWorkflow.cancel",
        "await workflow.wait_condition(lambda: self._is_over)",
        "pass",
    ),
    WorkflowMutant(
        "a resolution is answered before anybody acts on it",
        "refund.RefundWorkflow.resolve",
        "await workflow.wait_condition(lambda: self._steps.resolution is not resolution)",
        "pass",
        also=(("self._steps.taken is not resolution", "False"),),
    ),
    WorkflowMutant(
        "a parcel in the last instant is lost",
        "waiting.Waiting.until",
        "return ready()",
        "return ready() and not self._intake.receipts",
    ),
    WorkflowMutant(
        "a parcel is answered and never recorded",
        "parcel.Parcel._record_receipts",
        "await self._steps.run_required(Returns.record_receipt, command)",
        "()",
    ),
    WorkflowMutant(
        "cancelling is possible during the payout", "intake.Intake.check_cancel", "self.phase >= Phase.PAYOUT", "False"
    ),
    WorkflowMutant(
        "cancelling takes effect during the payout",
        "intake.Intake",
        "self.phase >= Phase.PAYOUT",
        "False",
        also=(("self.phase < Phase.STOPPING", "self.phase is not Phase.STOPPING"),),
    ),
    WorkflowMutant(
        "people may speak while a refund is undone", "saga.Saga.__aexit__", "self._begins_to_stop()", "pass"
    ),
    WorkflowMutant(
        "a payout that fails later is ignored", "paying.Paying.failed_later", "return has_failed", "return False"
    ),
    WorkflowMutant(
        "nothing is withdrawn after a late failure",
        "refund.RefundWorkflow",
        "await self._restoring.withdraw(settled)",
        "pass",
    ),
    WorkflowMutant(
        "points are not withdrawn after a late failure",
        "restoring.Restoring.withdraw",
        _WITHDRAWS,
        f"{_WITHDRAWS} and each.entitlement != 'points'",
    ),
    WorkflowMutant("a late failure begins no new round", "restoring.Restoring.withdraw", "refund.next_round", "refund"),
    WorkflowMutant(
        "a run that is picked up undoes what was paid",
        "refund.RefundWorkflow._refund",
        "known.is_past_the_pivot",
        "known.was_taken_back",
    ),
    WorkflowMutant(
        "a late parcel is paid without another look",
        "reopening.Reopening.decided",
        "None if self._intake.opens_for_a_parcel else known.decided",
        "known.decided",
    ),
    WorkflowMutant(
        "a failed step is passed over",
        "steps.Steps.run_required",
        "await self.ask_until_retry(do.__name__, reason_of(failed), (Resolution.RETRY,))",
        "return None",
    ),
    WorkflowMutant(
        "the workflow ends with questions unanswered",
        "closing.Closing.close",
        "await workflow.wait_condition(workflow.all_handlers_finished)",
        "pass",
    ),
    WorkflowMutant("whoever is woken does not listen", "waking.Waking._listen", "self._hear(each)", "True"),
    WorkflowMutant(
        "what was said to an earlier run is heard once more", "words.Words.before", "return known", "return None"
    ),
    WorkflowMutant(
        "what the order granted stays with the customer",
        "restoring.Restoring.give_back",
        _GIVES,
        f"{_GIVES} and each.entitlement != 'grants'",
    ),
    WorkflowMutant(
        "what the order granted is not given again after a late failure",
        "restoring.Restoring.withdraw",
        _WITHDRAWS,
        f"{_WITHDRAWS} and each.entitlement != 'grants'",
    ),
    WorkflowMutant(
        "exclusive discounts are forgotten",
        "restoring.Restoring.give_back",
        _GIVES,
        f"{_GIVES} and each.entitlement != 'exclusive_discounts'",
    ),
    WorkflowMutant(
        "exclusive discounts stay active after a late failure",
        "restoring.Restoring.withdraw",
        _WITHDRAWS,
        f"{_WITHDRAWS} and each.entitlement != 'exclusive_discounts'",
    ),
    WorkflowMutant(
        "a refund whose parcel is lost is settled without another look",
        "refund.RefundWorkflow._refund",
        "self._intake.asks_about_loss",
        "False",
    ),
    WorkflowMutant(
        "what a reviewer has paid although it is lost is left out",
        "refund.RefundWorkflow._settle",
        "self._intake.to_be_settled(inspection)",
        "tuple((line.line_id, line.accepted) for line in inspection.lines)",
    ),
    WorkflowMutant(
        "one lost parcel is paid whatever a reviewer says",
        "intake.Intake.decide_about_lost",
        "decision is Decision.APPROVE",
        "True",
    ),
    WorkflowMutant(
        "a run that takes over forgets which parcels are lost",
        "intake.Intake.recall",
        "self.lost, self.is_settled = known.lost, known.is_settled",
        "pass",
    ),
    WorkflowMutant(
        "a part of a parcel is inspected as if it were all",
        "intake.Intake._count_out",
        "not receipt.what.received",
        "True",
    ),
    WorkflowMutant(
        "an expired refund is called rejected to the customer",
        "closing.Closing.stop",
        "(RefundStatus.EXPIRED, Topic.EXPIRED)",
        "(RefundStatus.EXPIRED, Topic.REJECTED)",
    ),
    WorkflowMutant(
        "the workflow throws dice",
        "steps.Steps.notify",
        "Told(topics, note, because=because, wanted=wanted)",
        "Told(topics, str(__import__('random').random()))",
    ),
)
