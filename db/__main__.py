"""`python -m db upgrade` brings the schema up to date."""

import sys

from db.migrate import upgrade
from settings import Settings


def main(arguments: list[str]) -> int:
    if arguments != ["upgrade"]:
        print("usage: python -m db upgrade", file=sys.stderr)
        return 2
    upgrade(Settings.from_environment().database_url)
    print("the schema is up to date")
    return 0


sys.exit(main(sys.argv[1:]))
