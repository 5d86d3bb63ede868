"""`make rulebook`: writes docs/rulebook.md from the docstrings that name rules and the tests that prove them."""

import argparse
from collections.abc import Iterable, Iterator
from pathlib import Path

from tools.rulebook.sources import Kept, Proof, kept_rules, named_rules, proofs

TOP = Path(__file__).parents[2]
RULEBOOK = TOP / "docs" / "rulebook.md"
RULES = range(1, 59)

FIELDS: dict[int, tuple[str, ...]] = {
    7: ("promotion_refund",),
    8: ("shipping_refund",),
    9: ("restocking_fee_bp", "return_shipping_fee"),
    11: ("tender_order", "declined_tender"),
    14: ("coupon_expiry",),
    15: ("coupon_on_partial",),
    16: ("granted_coupon_used",),
    19: ("earned_points",),
    20: ("points_shortfall", "point_value"),
    27: ("missing_gift",),
    28: ("tiers", "tier_window", "tier_grace"),
    29: ("return_window", "outside_window"),
    30: ("review_sla", "review_timeout", "response_target"),
    31: ("return_deadline",),
    32: ("inspection_sla", "pickup_within"),
    33: (
        "auto_approve",
        "returnless_below",
        "approval_from_temporal",
        "second_review_above",
        "review_limits",
        "review_table",
    ),
    34: ("refund_limit", "suspension", "monitoring"),
    40: ("auto_approve_per_customer",),
    41: ("time_zone", "country"),
    47: ("line_kind_refund",),
    50: ("overpaid_at_most",),
    54: ("refund_to_allowed", "store_credit_bonus_bp"),
}
"""The policy's fields, by the rule that they decide."""

OF_NO_RULE = ("bulk_grace", "entitlements_elsewhere", "retention")
"""Fields that decide how operations work, and nothing about what a refund comes to."""

_HEAD = """# Rulebook

Which rule is kept where, and what proves it. Written by `make rulebook` from the docstrings that name a rule and the
tests under a heading that does; `make test` fails where it is out of date. The examples are the names of tests.

| rule | what it is about | policy | kept by | tests |
|---|---|---|---|---|
"""


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="showcase rulebook", description=__doc__)
    parser.parse_args(arguments)
    RULEBOOK.write_text(rulebook(TOP), encoding="utf-8")
    print(f"{RULEBOOK.relative_to(TOP)}: {len(RULES)} rules")
    return 0


def rulebook(top: Path) -> str:
    """Return the rulebook of the sources under `top`, as Markdown."""
    kept, proven = kept_rules(top), proofs(top)
    rows, sections = [], []
    for rule in RULES:
        keepers = [each for each in kept if rule in each.rules]
        tests = [each for each in proven if rule in each.rules]
        rows.append(_row(rule, keepers, tests))
        sections.append("\n".join(_section(rule, keepers, tests)))
    return _HEAD + "\n".join(rows) + "\n\n" + "\n\n".join(sections) + "\n"


def _row(rule: int, keepers: list[Kept], tests: list[Proof]) -> str:
    fields = ", ".join(f"`{field}`" for field in FIELDS.get(rule, ()))
    functions = [each for each in keepers if each.is_ruling and each.name]
    places = ", ".join(f"`{each.name}`" for each in functions) or ", ".join(_files(keepers))
    files = ", ".join(_files(tests))
    return f"| [{rule}](#rule-{rule}) | {_subject(keepers)} | {fields} | {places} | {files} |"


def _subject(keepers: list[Kept]) -> str:
    """What the module says that is about the fewest rules; what rules comes before what is done."""
    closest = min(keepers, key=lambda each: (bool(each.name), not each.is_ruling, len(each.rules)))
    return _without_numbers(closest.text.split("\n")[0]).rstrip(".")


def _section(rule: int, keepers: list[Kept], tests: list[Proof]) -> Iterator[str]:
    yield f"## Rule {rule}\n"
    for each in keepers:
        if each.is_ruling and each.name:
            yield f"**`{each.name}`** ({_link(each.path)})\n\n{_paragraphs(each.text)}\n"
    elsewhere = [each for each in keepers if not each.is_ruling]
    if elsewhere:
        yield "Done and kept in " + ", ".join(_link(path) for path in _files(elsewhere)) + ".\n"
    if tests:
        yield "Examples:\n"
    yield from (f"- {each.sentence}." for each in tests)


def _paragraphs(docstring: str) -> str:
    return "\n\n".join(" ".join(part.split()) for part in docstring.split("\n\n"))


def _without_numbers(text: str) -> str:
    start = text.find(" (rule")
    return text[:start] + text[text.find(")", start) + 1 :] if start >= 0 and named_rules(text) else text


def _files(each: Iterable[Kept | Proof]) -> list[str]:
    return list(dict.fromkeys(one.path for one in each))


def _link(path: str) -> str:
    return f"[{path}](../{path})"
