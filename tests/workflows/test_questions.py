"""Every question of a reviewer is put to the customer, whatever was asked before, and whichever run hears it."""

from dataclasses import replace
from typing import Any

from activities.notifications import Notify
from activities.recollection import Recollection
from activities.reopening import Opening
from activities.review import Assessment
from domain.explain.endings import EvidenceWanted
from domain.explain.messages import Topic
from domain.lifecycle import RefundStatus
from domain.money.amounts import Money
from proof.simulation.choices import Choices
from proof.simulation.moves import Begin, Resolve, Update
from proof.simulation.mute_progress import silence
from proof.simulation.runs import Run
from proof.simulation.scenario import draw
from service.steps import RefundRef
from workflows.contract import ReviewSaid, StartRefund
from workflows.refund import RefundWorkflow

REF = RefundRef("rf-1", "m")
ASKED_BEFORE = Recollection(
    REF, RefundStatus.IN_REVIEW, None, (), None, *(False,) * 4, told=(Topic.RECEIVED, Topic.EVIDENCE_REQUESTED)
)
AT = 1_793_500_000.0


def assessment() -> Assessment:
    return replace(draw(Choices(1)).assessment, rule=None)


def names_of_a_question(*wanted: EvidenceWanted, known: Recollection = ASKED_BEFORE) -> list[str]:
    """Under which names a run that has loaded tells the customer of a question."""
    begin = Begin(StartRefund(REF, "o1", "quality_issue", Money("CNY", 100), (("l1", 1),), False, Opening.RESUMED))
    asked = Update("u1", "review", ReviewSaid("request_evidence", "reviewer", "", evidence_wanted=tuple(wanted)))
    results: dict[str, Any] = {"load": known, "assess_refund": assessment()}
    told: list[str] = []
    with silence():
        run = Run(RefundWorkflow, "run-2", begin, None)
        run.turn(AT, begin)
        for said in ((), (asked,)):
            if said:
                run.turn(AT, *said)
            while run.pending:
                seq, each = next(iter(run.pending.items()))
                del run.pending[seq]
                told += _questions(each.argument)
                run.turn(AT, Resolve(seq, results.get(each.activity)))
        run.end()
    return told


def _questions(said: object) -> list[str]:
    told = said.told if isinstance(said, Notify) else ()
    return [each.subject for each in told if Topic.EVIDENCE_REQUESTED in each.topics]


def test_a_question_is_told_although_an_earlier_run_told_another_one() -> None:
    assert len(names_of_a_question(EvidenceWanted.VIDEO)) == 1


def test_what_is_wanted_belongs_to_the_name_of_a_question() -> None:
    photo, video = (names_of_a_question(wanted) for wanted in (EvidenceWanted.PHOTO_OF_GOODS, EvidenceWanted.VIDEO))

    assert photo != video and photo == names_of_a_question(EvidenceWanted.PHOTO_OF_GOODS)
