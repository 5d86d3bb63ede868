"""What an account at a carrier lacks: what karrio's plugin for it needs, and an address.

It imports karrio, which is an extra and takes half a second.
"""

from gateways.karrio import calls
from gateways.karrio.account import KarrioAccount

_ADDRESS = ("company_name", "address_line1", "city", "postal_code", "country_code")
_OURS = ("carrier_id", "config", "id", "label_template", "metadata", "services")
"""Settings that nobody tells: a template of a label is a program."""


def what_it_lacks(account: KarrioAccount) -> dict[str, str]:
    """Say what is wrong with an account, by its places in the body: what karrio's plugin needs, and an address."""
    plugins = calls.plugins()
    if account.carrier not in plugins:
        return {"/carrier": f"karrio has no plugin {account.carrier!r} here, it has {', '.join(plugins)}"}
    known = calls.settings_of(account.carrier)
    may_be_told = [name for name in known.all if name not in _OURS]
    lacks = [name for name in known.required if name not in _OURS and not account.connection.get(name)]
    strange = [name for name in account.connection if name not in may_be_told]
    wrong = {f"/secrets/{name}": f"{account.carrier} needs {name}, here or in connection" for name in lacks}
    wrong |= {f"/connection/{name}": f"{account.carrier} has {', '.join(may_be_told)}" for name in strange}
    missing = [name for name in _ADDRESS if not account.address.get(name)]
    return wrong | {f"/address/{name}": "a label needs it: say where goods come back to" for name in missing}
