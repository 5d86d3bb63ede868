"""The log of PostgreSQL says which connection has sent which statement."""

from pathlib import Path

from proof.bench.server_log import ServerLog

_BEFORE = "2026-11-30 09:59:59.000 UTC [11] LOG:  duration: 0.1 ms  statement: select 'before'\n"
_SINCE = """\
2026-11-30 10:00:00.000 UTC [11] LOG:  duration: 0.021 ms  parse <unnamed>: select 1
2026-11-30 10:00:00.001 UTC [11] LOG:  duration: 0.020 ms  bind <unnamed>: select 1
2026-11-30 10:00:00.002 UTC [11] LOG:  duration: 0.030 ms  execute <unnamed>: select 1
2026-11-30 10:00:00.003 UTC [12] LOG:  duration: 0.030 ms  execute <unnamed>: select 'of another'
2026-11-30 10:00:00.004 UTC [11] LOG:  duration: 0.040 ms  statement: update things
\tset seen = true
2026-11-30 10:00:00.005 UTC [13] LOG:  checkpoint starting: time
"""


async def test_what_connections_sent_is_counted_once_and_nothing_of_others(tmp_path: Path) -> None:
    written = tmp_path / "postgres.log"
    written.write_text(_BEFORE)
    log = ServerLog(written)
    written.write_text(_BEFORE + _SINCE)

    assert await log.statements_of({11, 13}) == ["select 1", "update things\n\tset seen = true"]
    assert await log.statements_of({11, 13}) == []
