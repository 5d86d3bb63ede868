"""`python -m proof.chaos --refunds 500 --kills 100 --seed 7`: the last line is JSON; 1 if anything was lost."""

import argparse
import asyncio
import json
import secrets
import sys
from dataclasses import replace

from proof.chaos.killer import CRASH_AT
from proof.chaos.run import ChaosRun, Scale, run
from settings import StackSettings
from tools.fresh_home import fresh_home
from tools.stack import StackError
from tools.stack.console import say
from tools.stack.programs import MAKEWHOLE
from tools.stack.stack import Stack

_WORKERS = 2


def main() -> int:
    options = _parser().parse_args()
    seed = options.seed if options.seed is not None else secrets.randbelow(1_000_000)
    scale = Scale(options.refunds, options.kills, seed, options.restores, options.pg_restores)
    try:
        with fresh_home(StackSettings.from_environment()) as settings:
            outcome = _play(settings, scale)
    except (StackError, ValueError) as error:
        print(f"chaos can't run: {error}", file=sys.stderr)
        return 1
    return _report(outcome, scale)


def _play(settings: StackSettings, scale: Scale) -> ChaosRun:
    settings = replace(settings, workers=_WORKERS)
    command = (sys.executable, "-m", "proof.chaos.worker", str(settings.home / CRASH_AT))
    say(f"{scale.refunds} refunds, {scale.kills} kills, seed {scale.seed}")
    with Stack(settings, announce=lambda _: None, runs=replace(MAKEWHOLE, worker=command)) as stack:
        return asyncio.run(run(stack, scale, say))


def _report(outcome: ChaosRun, scale: Scale) -> int:
    findings = outcome.findings
    wrong = {name: getattr(findings, name) for name in ("lost", "double_payouts", "unbalanced", "stuck")}
    for name, sentences in {**wrong, "trouble": outcome.troubles}.items():
        for sentence in sentences:
            print(f"{name}: {sentence}")
    say(f"killed: {', '.join(f'{count} × {what}' for what, count in sorted(outcome.kills.items()))}")
    figures = {
        "refunds": scale.refunds,
        "kills": sum(outcome.kills.values()),
        "restarts": outcome.restarts,
        "restores": scale.restores,
        "pg_restores": scale.pg_restores,
        "asked_again": outcome.asked_again,
        "settled_by_hand": outcome.answers.get("settle", 0),
        **{name: len(sentences) for name, sentences in wrong.items()},
        "troubles": len(outcome.troubles),
        "completed": findings.completed,
        "attention": findings.attention,
        "seconds": round(outcome.seconds, 1),
        "seed": scale.seed,
    }
    print(json.dumps(figures), flush=True)
    return 1 if any(wrong.values()) or outcome.troubles else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m proof.chaos", description=__doc__)
    parser.add_argument("--refunds", type=int, default=500)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument(
        "--restores", type=int, default=0, help="so often Temporal's database comes back from a copy a minute old"
    )
    parser.add_argument(
        "--pg-restores", type=int, default=0, help="so often our books in Postgres come back from a copy a minute old"
    )
    parser.add_argument(
        "--seed", type=int, default=None, help="makes the same plans; what the kills hit is never the same"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
