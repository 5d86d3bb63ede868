"""Mutants of what is done with words, of loading, waking, undoing and rounds: most of them by a stranger."""

from dataclasses import replace
from typing import Any

from proof.simulation.model_before_payout import ModelBeforePayout
from proof.simulation.mutation import ActivityMutant, Mutant, WorkflowMutant
from proof.simulation.refund_book import RefundBook
from service.steps import RefundRef


def _void_nothing(self: ModelBeforePayout, refund: RefundBook) -> None:
    """Whatever earlier runs ask of people stands."""


def _claim_nothing_late(self: RefundBook, step: str, message_id: str, result: Any = None) -> bool:
    return message_id.startswith(self.run) and self.first_time(step, result)


def _note_what_counts(self: RefundBook, step: str, message_id: str, ref_round: int, *said: Any) -> bool:
    return _NOTES(self, step, message_id, ref_round, *said[:2])


def _note_what_was_refused(self: RefundBook, step: str, message_id: str, ref_round: int, *said: Any) -> bool:
    if said[0] is not None and said[0].word_id in self.words and self.words[said[0].word_id].is_refusal:
        del self.words[said[0].word_id]
    return _NOTES(self, step, message_id, ref_round, *said)


def _leave_off_in_silence(self: ModelBeforePayout, refund: RefundBook, ref: RefundRef, word: Any) -> None:
    self._forget(refund, word)
    self._refuse_if_paid(refund, ref)


def _close_without_looking(self: ModelBeforePayout, command: Any) -> None:
    _CLOSE(self, replace(command, heard=()))


def _tell_no_words(self: ModelBeforePayout, command: Any) -> Any:
    return replace(_LOAD(self, command), words=())


_NOTES = RefundBook.notes
_CLOSE = ModelBeforePayout.close_refund
_LOAD = ModelBeforePayout.load

WORD_MUTANTS: tuple[Mutant, ...] = (
    ActivityMutant("a word that was refused is done by a late attempt", RefundBook, "notes", _note_what_was_refused),
    ActivityMutant(
        "a run that does not know what has arrived goes on", ModelBeforePayout, "_leave_off", _leave_off_in_silence
    ),
    WorkflowMutant(
        "a cancellation is not noted", "closing.Closing.note_cancel", "said is None or said.word is None", "True"
    ),
    WorkflowMutant(
        "a cancellation is noted when everything is undone",
        "saga.Saga.__aexit__",
        "await uncancelled(self._unwind())",
        "why, self._says_why = self._says_why, lambda: asyncio.sleep(0)\n"
        "await uncancelled(self._unwind())\n"
        "await uncancelled(why())",
    ),
    WorkflowMutant(
        "what is said under an id of before is not compared",
        "words.Words.before",
        "known is not None and known.sha256 != fingerprint(said)",
        "False",
    ),
    WorkflowMutant(
        "what comes to nothing is not put aside",
        "waking.Waking._listen",
        "self._intake.words.come_to_nothing(word)",
        "pass",
    ),
    WorkflowMutant("a word that was noted is not known to be", "words.Words.noted", "said.word is not None", "False"),
    WorkflowMutant(
        "a run that takes over forgets that the refund was called off",
        "intake.Intake._go_on_from",
        "known.cancelled is not None",
        "False",
    ),
    WorkflowMutant(
        "what was told in an earlier round is not told in this one",
        "telling.Telling._was_told",
        "not self._told_before[topic] or refund.round != self._recalled_round",
        "not self._told_before[topic]",
    ),
    WorkflowMutant(
        "what is settled for a late parcel is never undone",
        "reopening.Reopening.begin",
        "saga.undo_with(Settlements.release_settlement, ReleaseSettlement(self._steps.refund, self._steps.run))",
        "pass",
    ),
    WorkflowMutant(
        "a run that is still loading says no for good",
        "intake.Intake.only_for_now",
        "self.phase is Phase.OPENING",
        "False",
    ),
    ActivityMutant("a call for help outlives its run", ModelBeforePayout, "_void_calls", _void_nothing),
    ActivityMutant(
        "what a run says before it counts is not claimed", RefundBook, "first_time_in_run", _claim_nothing_late
    ),
    ActivityMutant("what a run is answered before it counts is not noted", RefundBook, "notes", _note_what_counts),
    ActivityMutant("a close does not ask what was heard", ModelBeforePayout, "close_refund", _close_without_looking),
    ActivityMutant("a run is not told what was said", ModelBeforePayout, "load", _tell_no_words),
)
