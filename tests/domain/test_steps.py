"""Each step is remembered under a key of its own: by its round, by what it is about, or by when it was said."""

from domain.steps import Step


def test_a_step_of_the_first_round_is_called_by_its_name_alone() -> None:
    assert Step.HOLD.in_round(1) == "hold"


def test_a_later_round_does_a_step_anew() -> None:
    assert Step.HOLD.in_round(2) == "hold@2"


def test_a_step_that_is_done_for_each_payment_names_the_payment() -> None:
    assert Step.TAKEN_BACK.in_round(2, "p1") == "taken_back:p1@2"


def test_ids_with_separators_in_them_make_no_other_steps_key() -> None:
    assert Step.TAKEN_BACK.in_round(1, "p:1@2") != Step.TAKEN_BACK.in_round(2, "p:1")


def test_what_is_said_several_times_has_a_key_each_time() -> None:
    assert Step.DECISION.said("run.1") == "decision:run.1"
    assert Step.DECISION.said("run.1") != Step.DECISION.said("run.2")


def test_a_key_says_of_which_round_it_is() -> None:
    assert [Step.round_of(Step.ELSEWHERE.in_round(n, "hold")) for n in (1, 2, 11)] == [1, 2, 11]


def test_a_step_is_known_by_its_key_in_whichever_round() -> None:
    assert [key for key in ("close", "close@3", "close_to") if Step.CLOSE.is_of(key)] == ["close", "close@3"]
