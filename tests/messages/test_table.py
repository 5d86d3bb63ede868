"""`docs/messengers.md` says of every messenger and case who stages it, and says what the suite does."""

from pathlib import Path

from tests.messages.messenger_parties import staged_by

PAGE = Path(__file__).parents[2] / "docs/messengers.md"


def test_the_page_says_of_every_case_who_stages_it() -> None:
    rows = [line.strip("|").split("|") for line in PAGE.read_text(encoding="utf-8").splitlines() if line[:1] == "|"]
    head, _, *cases = [[cell.strip() for cell in row] for row in rows]

    assert {case[0]: dict(zip(head[1:], case[1:], strict=True)) for case in cases} == staged_by()
