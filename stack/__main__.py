"""`python -m stack up` runs everything, `python -m stack down` stops it.

`python -m stack key --merchant M --role R [--customer C]` makes an API key.
`python -m stack provider` is the sandbox payment provider's clock and post office.
"""

import argparse
import sys

from db.api_keys import Role
from settings import StackSettings
from stack import StackError
from stack.console import say
from stack.keys import make_key


def main() -> int:
    arguments = _parser().parse_args()
    try:
        settings = StackSettings.from_environment()
    except ValueError as error:
        return _refuse(str(error))
    if arguments.command == "up":
        # Imported late: containers make keys too, without the embedded servers and what those need.
        from stack.stack import Stack
        from stack.up import up

        return up(Stack(settings, show=say))
    if arguments.command == "down":
        from stack.down import down

        return down(settings.home)
    if arguments.command == "provider":
        from stack.provider import run

        return run()
    return _key(settings, arguments.merchant, Role(arguments.role), arguments.customer or None)


def _key(settings: StackSettings, merchant_id: str, role: Role, customer_id: str | None) -> int:
    if (role is Role.CUSTOMER) != (customer_id is not None):
        return _refuse("a key names its customer exactly when its role is `customer`")
    try:
        print(make_key(settings, merchant_id, role, customer_id))
    except StackError as error:
        return _refuse(str(error))
    return 0


def _refuse(why: str) -> int:
    print(why, file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m stack", description="makewhole on one machine")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("up", help="run everything until Ctrl-C")
    commands.add_parser("down", help="stop the stack that runs on this data directory")
    commands.add_parser("provider", help="deliver the sandbox provider's webhooks until told to stop")
    key = commands.add_parser("key", help="make an API key and print it")
    key.add_argument("--merchant", required=True, metavar="M")
    key.add_argument("--role", required=True, choices=[role.value for role in Role])
    key.add_argument("--customer", metavar="C", help="for the role customer: whose key it is")
    return parser


if __name__ == "__main__":
    sys.exit(main())
