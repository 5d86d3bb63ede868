"""What `make bench` tells: a table to read, and the figures for a program to read."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

from proof.bench.bill import Bill
from proof.bench.scenes import (
    BARE,
    DBOS,
    DBOS_RICH,
    DBOS_TWICE,
    EMPTY,
    MANY,
    ONE,
    PLAIN,
    PROGRAMS,
    RETURN,
    RICH,
    SAME_SHAPE,
)
from proof.bench.summary import (
    Key,
    Rounds,
    Spread,
    all_times,
    cpu_ms,
    others,
    percentile,
    rate,
    ratio,
    ratio_of_times,
)

_MANY = (PLAIN, MANY)
_SHOWN = ("worker", "temporal", "door", "postgres", "api", "lane", "dbos", "floor", "provider", "caller")


@dataclass(frozen=True, slots=True)
class Counted:
    """What does not depend on the machine: bills of Temporal, and what is sent to Postgres."""

    plain: Bill
    rich: Bill
    returned: Bill
    statements: Mapping[str, float]


def faster_dbos(rounds: Rounds) -> Key:
    """DBOS in one process or in two, whichever did more."""
    return max(((DBOS, MANY), (DBOS_TWICE, MANY)), key=lambda key: rate(rounds, key).median)


def figures(rounds: Rounds, counted: Counted) -> dict[str, Any]:
    """The figures of issue and documentation; times are in milliseconds, rates those of thirty callers."""
    dbos = faster_dbos(rounds)
    submits, ends = all_times(rounds, (PLAIN, ONE), "submit"), all_times(rounds, _MANY, "completed")
    told: dict[str, float] = {
        "refunds_per_s": rate(rounds, _MANY).median,
        "dbos_per_s": rate(rounds, dbos).median,
        "same_shape_per_s": rate(rounds, (SAME_SHAPE, MANY)).median,
        "floor_per_s": rate(rounds, (EMPTY, MANY)).median,
        "ratio_to_dbos": ratio(rounds, _MANY, dbos).median,
        "ratio_to_same_shape": ratio(rounds, _MANY, (SAME_SHAPE, MANY)).median,
        "ratio_to_floor": ratio(rounds, _MANY, (EMPTY, MANY)).median,
        "ratio_to_dbos_rich": ratio(rounds, (RICH, MANY), (DBOS_RICH, MANY)).median,
        "submit_p50_ms": percentile(submits, 0.5),
        "submit_p99_ms": percentile(submits, 0.99),
        "submit_p50_ratio": ratio_of_times(rounds, (PLAIN, ONE), (BARE, ONE), "submit", 0.5),
        "submit_p99_ratio": ratio_of_times(rounds, (PLAIN, ONE), (BARE, ONE), "submit", 0.99),
        "completed_p50_ms": percentile(ends, 0.5),
        "completed_p99_ms": percentile(ends, 0.99),
        "completed_p99_to_p50": percentile(ends, 0.99) / percentile(ends, 0.5),
        "rich_per_s": rate(rounds, (RICH, MANY)).median,
        "returns_per_s": rate(rounds, (RETURN, MANY)).median,
        "events_per_refund": counted.rich.events,
        "actions_per_refund": counted.rich.actions,
        "events_per_return": counted.returned.events,
        "actions_per_return": counted.returned.actions,
        "statements_per_refund": counted.statements["statements"],
        "transactions_per_refund": counted.statements["transactions"],
        "parses_per_refund": counted.statements["parses"],
        "cpu_ms_per_refund": _cpu_of(rounds, _MANY)["all"],
        "cpu_ms_per_refund_dbos": _cpu_of(rounds, dbos)["all"],
        "cpu_ratio_to_dbos": _cpu_of(rounds, dbos)["all"] / _cpu_of(rounds, _MANY)["all"],
        "cpu_ratio_to_same_shape": _cpu_of(rounds, (SAME_SHAPE, MANY))["all"] / _cpu_of(rounds, _MANY)["all"],
        "cpu_ratio_to_floor": _cpu_of(rounds, (EMPTY, MANY))["all"] / _cpu_of(rounds, _MANY)["all"],
        "cpu_ms_same_shape": _cpu_of(rounds, (SAME_SHAPE, MANY))["all"],
        "cpu_ms_floor": _cpu_of(rounds, (EMPTY, MANY))["all"],
        "others_cores": others(rounds).median,
    }
    return {
        **{name: round(figure, 3) for name, figure in told.items()},
        "cpu_ms_by_program": {name: round(ms, 1) for name, ms in _cpu_of(rounds, _MANY).items()},
        "local_activities": len(counted.plain.local),
        "durable_activities": len(counted.plain.durable),
        "dbos_processes": 1 if dbos[0] == DBOS else 2,
        "plain": plain(rounds),
        "rounds": len(rounds),
    }


def plain(rounds: Rounds) -> list[dict[str, Any]]:
    """What `proof.queueing` is held against, and the costs that it begins with: plain refunds, by so many callers."""
    return [_scene(rounds, key) for key in sorted(rounds[0]) if key[0] == PLAIN]


def _scene(rounds: Rounds, key: Key) -> dict[str, Any]:
    submit, completed = (all_times(rounds, key, part) for part in ("submit", "completed"))
    return {
        "callers": key[1],
        "count": len(completed) // len(rounds),
        "per_s": round(rate(rounds, key).median, 2),
        "submit_ms": [round(percentile(submit, part), 1) for part in (0.5, 0.99)],
        "completed_ms": [round(percentile(completed, part), 1) for part in (0.5, 0.99)],
        "cpu_ms": {name: round(ms, 2) for name, ms in _cpu_of(rounds, key).items()},
        "others_cores": round(median(each[key].others for each in rounds), 3),
    }


def table(rounds: Rounds, counted: Counted) -> str:
    """Everything, as Markdown."""
    return "\n".join([*_speeds(rounds), "", *_ratios(rounds), "", *_cpu(rounds), "", *_counts(counted)])


def _speeds(rounds: Rounds) -> Iterator[str]:
    yield "| what | callers | a second | POST p50, p99 ms | to completed p50, p99 ms |"
    yield "|---|---|---|---|---|"
    for key in sorted(rounds[0]):
        submit = _percentiles(rounds, key, "submit")
        completed = _percentiles(rounds, key, "completed")
        yield f"| {key[0]} | {key[1]} | {_shown(rate(rounds, key))} | {submit} | {completed} |"


def _ratios(rounds: Rounds) -> Iterator[str]:
    yield "| thirty callers | times as fast |"
    yield "|---|---|"
    against = [(PLAIN, each) for each in (DBOS, DBOS_TWICE, SAME_SHAPE, EMPTY)] + [(RICH, DBOS_RICH)]
    for one, other in against:
        yield f"| {one} : {other} | {_shown(ratio(rounds, (one, MANY), (other, MANY)), 2)} |"


def _cpu(rounds: Rounds) -> Iterator[str]:
    yield f"| CPU, ms for each | callers | together | {' | '.join(_SHOWN)} |"
    yield "|---" * (len(_SHOWN) + 3) + "|"
    for key in sorted(rounds[0]):
        spent = _cpu_of(rounds, key)
        shown = " | ".join(f"{spent.get(name, 0.0):.0f}" for name in _SHOWN)
        yield f"| {key[0]} | {key[1]} | {spent['all']:.0f} | {shown} |"


def _cpu_of(rounds: Rounds, key: Key) -> dict[str, float]:
    return cpu_ms(rounds, key, PROGRAMS[key[0]])


def _counts(counted: Counted) -> Iterator[str]:
    yield "| Temporal | events | billed actions | local activities | durable ones |"
    yield "|---|---|---|---|---|"
    for name, bill in ((PLAIN, counted.plain), (RICH, counted.rich), (RETURN, counted.returned)):
        yield f"| {name} | {bill.events} | {bill.actions} | {len(bill.local)} | {len(bill.durable)} |"
    asked = counted.statements
    sent = f"{asked['statements']:.0f} statements in {asked['transactions']:.0f} transactions, {asked['parses']:.0f}"
    yield f"\nPostgres, {PLAIN}: {sent} parsed anew; the POST {asked['post_statements']:.0f} of them."


def _percentiles(rounds: Rounds, key: Key, part: str) -> str:
    if part not in rounds[0][key].times:
        return ""
    times = all_times(rounds, key, part)
    return f"{percentile(times, 0.5):.0f}, {percentile(times, 0.99):.0f}"


def _shown(spread: Spread, digits: int = 1) -> str:
    return f"{spread.median:.{digits}f} ({spread.least:.{digits}f}–{spread.most:.{digits}f})"
