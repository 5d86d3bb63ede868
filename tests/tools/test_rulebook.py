"""The rulebook says which rule is kept where and what proves it, and is as new as the sources."""

from dataclasses import fields

import pytest

from domain.policy import Policy
from tools.rulebook.main import FIELDS, OF_NO_RULE, RULEBOOK, RULES, TOP, rulebook
from tools.rulebook.sources import Proof, kept_rules, named_rules, proofs

KEPT, PROVEN = kept_rules(TOP), proofs(TOP)


def test_the_rulebook_is_as_new_as_the_rules_and_their_tests() -> None:
    assert RULEBOOK.read_text(encoding="utf-8") == rulebook(TOP), "write it anew with `make rulebook`"


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_is_kept_somewhere_and_one_of_the_domain_by_a_function_with_a_test(rule: int) -> None:
    keepers = [each for each in KEPT if rule in each.rules]

    assert keepers
    if any(each.is_ruling for each in keepers):
        assert any(each.name for each in keepers)
        assert any(rule in proof.rules for proof in PROVEN)


def test_every_field_of_the_policy_belongs_to_a_rule() -> None:
    of_rules = [field for names in FIELDS.values() for field in names]

    assert sorted([*of_rules, *OF_NO_RULE]) == sorted(each.name for each in fields(Policy))


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("Paid once (rule 7).", {7}),
        ("Both (rules 4, 5 and 7).", {4, 5, 7}),
        ("All of them (rules 18 to 20 and 26).", {18, 19, 20, 26}),
        ("Approve by rule what the policy lists.", set()),
    ],
)
def test_a_docstring_names_its_rules_in_words(text: str, rules: set[int]) -> None:
    assert named_rules(text) == rules


def test_a_test_is_a_sentence_with_its_figures() -> None:
    name = "test_60_00_with_save_10_from_50_pays_10_00_for_the_20_00_item"

    assert Proof("", name, frozenset()).sentence == "60.00 with save 10 from 50 pays 10.00 for the 20.00 item"
