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


_OPENED_BY = {"reviewer": "reviewer", "warehouse": "warehouse", "operations": "ops"}
"""Which of the keys in `keys.json` opens whose pages."""


def _pages(description: StackDescription) -> str:
    """Where each looks, and how they get in: without a mail server no code comes, and a key opens as well."""
    widest = max(len(address) for address in description.pages.values())
    lines = []
    for who, address in description.pages.items():
        key = _OPENED_BY.get(who)
        how = f"paste the key `{key}` of {KEYS}" if key else "a code that is sent to them, or a key:"
        lines.append(f"{address:{widest}}  {who}: {how}")
        if key is None:
            by_key = f"make key MERCHANT={MERCHANT_ID} ROLE=customer CUSTOMER=…, and the number of an order of theirs"
            lines.append(f"{'':{widest}}  {by_key}")
    return "\n               ".join(lines)


def _how_to_sign_in(description: StackDescription) -> str:
    return " (user operator; password: temporal_keys.operator)" if description.temporal_keys else ""
