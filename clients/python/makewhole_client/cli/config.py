"""Commands for profiles: where the API is, and by which key."""

import json as jsons
import sys
from typing import Annotated

import typer

from makewhole_client.cli import profiles
from makewhole_client.cli.options import AsJson

app = typer.Typer(help="Where the API is, and by which key.", no_args_is_help=True)

Name = Annotated[str, typer.Option("--profile", help="What to call it.")]


@app.command(name="set")
def set_(
    url: Annotated[str, typer.Option("--url", help="The API's address.")],
    profile: Name = profiles.DEFAULT,
    json: AsJson = False,
) -> None:
    """Keep an address and its key. The key is asked for, or read from stdin: no history of a shell has it."""
    typed = typer.prompt("API key", hide_input=True, err=True) if sys.stdin.isatty() else sys.stdin.readline()
    kept = {**profiles.stored(), profile: profiles.checked(url, str(typed).strip(), "config set")}
    profiles.store(kept)
    _tell({"profile": profile, "url": url, "file": str(profiles.path())}, json)


@app.command()
def show(json: AsJson = False) -> None:
    """Show all profiles, with their keys masked."""
    for name, each in profiles.stored().items():
        _tell({"profile": name, "url": each.url, "api_key": each.masked_key}, json)


@app.command()
def forget(profile: Name = profiles.DEFAULT, json: AsJson = False) -> None:
    """Forget a profile with its key."""
    kept = profiles.stored()
    if kept.pop(profile, None) is None:
        raise profiles.NotConfigured(f"there is no profile {profile!r}")
    profiles.store(kept)
    _tell({"profile": profile, "forgotten": "yes"}, json)


def _tell(said: dict[str, str], json: bool) -> None:
    typer.echo(jsons.dumps(said, ensure_ascii=False) if json else "  ".join(said.values()))
