"""`python -m db upgrade` brings the schema up to date."""

import sys

from db.application_role import NoSuchRole
from db.migrate import upgrade
from settings import Settings


def main(arguments: list[str]) -> int:
    if arguments != ["upgrade"]:
        print("usage: python -m db upgrade", file=sys.stderr)
        return 2
    settings = Settings.from_environment()
    try:
        upgrade(settings.owner_database_url or settings.database_url, settings.database_url)
    except NoSuchRole as refused:
        print(refused, file=sys.stderr)
        return 1
    print("the schema is up to date")
    return 0


sys.exit(main(sys.argv[1:]))
