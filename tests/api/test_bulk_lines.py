"""A bulk as files come: saved by whatever program, broken in the middle, with everything in its texts."""

import json

from api import bulk_lines
from db.bulk_lines import NewLine


def read(body: bytes) -> list[NewLine]:
    return bulk_lines.read(body, lambda _: None)


def a_line(order_id: str, **fields: object) -> bytes:
    asked = {"order_id": order_id, "reason": "quality_issue", "kind": "refund_only", **fields}
    return json.dumps(asked, ensure_ascii=False).encode()


def test_whatever_program_saved_it_its_lines_are_the_same() -> None:
    plain = read(b"\n".join([a_line("o1"), a_line("o2")]))
    by_another = read(b"\xef\xbb\xbf" + a_line("o1") + b"\r\n" + a_line("o2") + b"\r\n\r\n")

    assert by_another == plain
    assert [(line.line, line.order_id) for line in plain] == [(1, "o1"), (2, "o2")]


def test_an_end_of_line_that_stands_in_a_note_ends_no_line() -> None:
    [line, _] = read(a_line("o1", note="too\u2028late\x85") + b"\n" + a_line("o2"))

    assert line.request is not None and line.request.note == "too\nlate\n"


def test_a_line_that_is_broken_is_told_by_its_number_and_the_same_line_twice_is_two() -> None:
    lines = read(b"\n".join([a_line("o1"), b'{"order_id": "o2", ', b"", a_line("o1"), b"\xff", b"[]"]))

    assert [(line.line, line.request is not None) for line in lines] == [
        (1, True),
        (2, False),
        (4, True),
        (5, False),
        (6, False),
    ]
