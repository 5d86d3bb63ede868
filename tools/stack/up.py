"""`make up`: the stack in the foreground until Ctrl-C, or until it cannot go on."""

import sys

from tools.stack import StackError
from tools.stack.console import say
from tools.stack.keys import FILE as KEYS
from tools.stack.keys import MERCHANT_ID
from tools.stack.stack import DESCRIPTION, Stack, StackDescription


def up(stack: Stack) -> int:
    """Run the stack; return 0 when it was told to stop, 1 when something could not be started or kept running."""
    try:
        with stack:
            say(summary(stack))
            stack.wait()
    except KeyboardInterrupt:
        say("makewhole has stopped.")
        return 0
    except StackError as error:
        print(f"makewhole: {error}", file=sys.stderr)
        return 1
    return 0


def summary(stack: Stack) -> str:
    """Return what a person at the console wants to know; secrets stay in the files."""
    description, home = stack.description, stack.home
    return f"""
makewhole is ready.

  API          {description.api_url}/docs
  Temporal     {description.temporal_address}
  Temporal UI  {description.temporal_ui_url or "where that server has it"}{_how_to_sign_in(description)}
  PostgreSQL   {description.database_url.rpartition("@")[2]}
  pages        {_pages(description)}

  addresses    {home.path / DESCRIPTION}
  API keys     {home.path / KEYS} (merchant `{MERCHANT_ID}`)
  logs         {home.logs}

Ctrl-C stops it.
"""


def _pages(description: StackDescription) -> str:
    """Where people look, and how they get in: without a mail server no code comes, and a key opens as well."""
    lines = [f"{address} ({who})" for who, address in description.pages.items()]
    by_key = f"make key MERCHANT={MERCHANT_ID} ROLE=customer CUSTOMER=…, then the number of an order of theirs"
    customers = f"customers get in by a code that is sent to them, or by a key: {by_key}"
    return "\n               ".join([*lines, customers, "staff paste the key of their role"])


def _how_to_sign_in(description: StackDescription) -> str:
    return " (user operator; password: temporal_keys.operator)" if description.temporal_keys else ""
