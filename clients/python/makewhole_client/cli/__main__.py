"""`makewhole`: run a command; what went wrong is said on stderr, and by the exit code."""

import sys

from makewhole_client.errors import MakewholeError

FAILED, UNREACHABLE, INTERRUPTED = 1, 7, 130


def main() -> None:
    """Run the command that the arguments name."""
    try:
        from makewhole_client.cli.app import app
        from makewhole_client.cli.exits import code_of
    except ModuleNotFoundError as missing:
        if missing.name != "typer":
            raise
        sys.exit("the command line needs typer: pip install 'makewhole-client[cli]'")
    try:
        app(prog_name="makewhole")
    except MakewholeError as error:
        print(f"makewhole: {error}", file=sys.stderr)
        sys.exit(code_of(error))


if __name__ == "__main__":
    main()
