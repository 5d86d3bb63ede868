"""What is told of statements: those that are hot on both sides, and how much longer they take."""

from pathlib import Path

from proof.bench.growth import compared, figures, table
from proof.bench.server_log import ServerLog

LINE = "2026-11-30 15:00:00.000 UTC [{process}] LOG:  duration: {ms} ms  {phase}: {statement}\n"
HOT, RARE = 100, 99


def entry(process: int, phase: str, ms: float, statement: str) -> str:
    return LINE.format(process=process, phase=phase, ms=ms, statement=statement)


async def test_a_statement_takes_what_planning_and_executing_it_take_on_its_own_connection(tmp_path: Path) -> None:
    path = tmp_path / "postgres.log"
    path.write_text("before\n")
    log = ServerLog(path)
    with path.open("a") as written:
        written.write(entry(1, "parse <unnamed>", 9.0, "SELECT 1"))
        written.write(entry(1, "bind p1", 0.5, "SELECT 1") + entry(2, "bind p1", 4.0, "SELECT 2"))
        written.write(entry(1, "execute p1", 0.25, "SELECT 1\n  FROM two_lines"))
        written.write("2026-11-30 15:00:00.000 UTC [1] DETAIL:  Parameters: $1 = 'a'\n")
        written.write(entry(2, "execute p1", 1.0, "SELECT 2") + entry(2, "statement", 0.125, "COMMIT"))

    assert await log.times() == [("SELECT 1\n  FROM two_lines", 0.75), ("SELECT 2", 5.0), ("COMMIT", 0.125)]


def test_hot_is_what_ran_often_on_both_sides_and_asks_for_rows_of_ours() -> None:
    often = {name: [1.0] * HOT for name in ("SELECT a", "COMMIT", "SELECT 1 FROM sandbox.charges", "UPDATE b")}

    hot = compared({**often, "SELECT here": [1.0] * RARE}, {**often, "SELECT here": [1.0] * HOT})

    assert [each.statement for each in hot] == ["SELECT a", "UPDATE b"]


def test_what_took_more_than_half_longer_is_named() -> None:
    empty = {"SELECT a": [1.0] * HOT, "SELECT b": [2.0] * HOT}
    full = {"SELECT a": [1.5] * HOT, "SELECT b": [4.0] * HOT}

    told = figures(compared(empty, full))

    assert (told["hot_statements"], told["executions"]) == (2, {"empty": 2 * HOT, "full": 2 * HOT})
    assert (told["p99_ms"], told["p99_ratio"]) == ({"empty": 2.0, "full": 4.0}, 2.0)
    assert told["slower_by_half"] == [
        {"statement": "SELECT b", "p50_ms": [2.0, 4.0], "p99_ms": [2.0, 4.0], "ratio": 2.0}
    ]
    assert table(compared(empty, full)).splitlines()[1].endswith("2.00  SELECT b")
