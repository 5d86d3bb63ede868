"""`python -m tools.stack up` runs everything, `python -m tools.stack down` stops it."""

import argparse
import sys
from dataclasses import replace

from settings import StackSettings
from temporal_client.metrics import MetricsAddress
from tools.stack.console import say
from tools.stack.down import down
from tools.stack.programs import METRICS_ADDRESS
from tools.stack.stack import Stack
from tools.stack.up import up


def main() -> int:
    arguments = _parser().parse_args()
    try:
        settings = StackSettings.from_environment()
        if address := settings.environment.get(METRICS_ADDRESS):
            MetricsAddress.read(address)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    settings = replace(settings, environment={"MAKEWHOLE_TEST_CLOCKS": "yes", **settings.environment})
    return up(Stack(settings, show=say)) if arguments.command == "up" else down(settings.home)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.stack", description="makewhole on one machine")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("up", help="run everything until Ctrl-C")
    commands.add_parser("down", help="stop the stack that runs on this data directory")
    return parser


if __name__ == "__main__":
    sys.exit(main())
