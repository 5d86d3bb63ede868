"""Bank accounts of refunds: sealed when they are named, opened for whoever transfers the money, erased at the end."""

import json
from dataclasses import asdict

from sqlalchemy.ext.asyncio import AsyncConnection

from db import bank_accounts
from db.bank_accounts import StoredAccount
from db.read_models import Refund
from domain.payout.bank_accounts import BankAccount
from domain.payout.keys import joined
from service.vault import Sealed, Vault


async def keep(connection: AsyncConnection, vault: Vault, refund: Refund, account: BankAccount) -> None:
    """Keep the account of a refund that was requested in this transaction."""
    sealed = vault.seal(json.dumps(asdict(account)).encode(), _bound_to(refund.merchant_id, refund.refund_id))
    row = StoredAccount(refund.refund_id, refund.merchant_id, account.ends_in, sealed.key_id, sealed.nonce, sealed.text)
    await bank_accounts.add(connection, row)


def opened(vault: Vault, stored: StoredAccount) -> BankAccount | None:
    """Read an account in full; None where it was erased. Raises NotOpened."""
    if stored.key_id is None or stored.nonce is None or stored.sealed is None:
        return None
    sealed = Sealed(stored.key_id, stored.nonce, stored.sealed)
    return BankAccount(**json.loads(vault.open(sealed, _bound_to(stored.merchant_id, stored.refund_id))))


def _bound_to(merchant_id: str, refund_id: str) -> str:
    return joined("bank_account", merchant_id, refund_id)
