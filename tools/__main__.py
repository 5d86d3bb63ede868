"""`python -m tools demo` shows real refunds, `retail` replays real orders, `what-if` times one.

`rulebook` writes docs/rulebook.md, `import` brings in orders and past refunds of other systems, `reconcile` sends a
settlement report, `python-client` writes the client of clients/python out of the OpenAPI document, `audit` exports and
verifies the audit trail, `licences` writes docs/licences.md, `entitlement-contract` docs/entitlements.openapi.json,
`pictures` takes those of the pages in docs/pictures.
"""

import sys
from importlib import import_module

COMMANDS = {
    "demo": "demo.main",
    "retail": "retail.main",
    "what-if": "what_if",
    "rulebook": "rulebook.main",
    "load": "load.main",
    "import": "imports.main",
    "reconcile": "reconcile",
    "python-client": "python_client.main",
    "audit": "audit",
    "licences": "licences",
    "entitlement-contract": "entitlement_contract",
    "pictures": "pictures.main",
}


def main(arguments: list[str]) -> int:
    """Run the command that the first argument names; the others are its own."""
    if not arguments or arguments[0] not in COMMANDS:
        print(f"usage: python -m tools {{{','.join(COMMANDS)}}}", file=sys.stderr)
        return 2
    exit_code: int = import_module(f"tools.{COMMANDS[arguments[0]]}").main(arguments[1:])
    return exit_code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
