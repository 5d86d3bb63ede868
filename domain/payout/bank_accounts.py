"""The bank account to which a customer wants their money (rule 54)."""

import re
from dataclasses import dataclass, field

_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_NUMBER = re.compile(r"[A-Z0-9]{6,34}")
_BANK_CODE = re.compile(r"[A-Z0-9]{3,20}")
_BETWEEN = re.compile(r"[ \-]")
"""What people put between the groups of a number."""

_SHOWN = 4


@dataclass(frozen=True, slots=True)
class BankAccount:
    """Whose account it is, and its number: an IBAN, or a number at a bank that a code names. Nobody prints it."""

    holder: str = field(repr=False)
    iban: str | None = field(default=None, repr=False)
    account_number: str | None = field(default=None, repr=False)
    bank_code: str | None = field(default=None, repr=False)

    @property
    def ends_in(self) -> str:
        """The last characters of its number: all that is ever shown of it."""
        return (self.iban or self.account_number or "")[-_SHOWN:]


def iban(text: str) -> str:
    """Write an IBAN in one form; raises ValueError, which does not repeat it, where its check digits don't fit.

    ISO 13616: the country and the check digits go to the end, letters count from 10, and 97 leaves 1.
    """
    written = _one_form(text)
    if not _IBAN.fullmatch(written):
        raise ValueError("an IBAN is two letters, two digits, then 11 to 30 letters and digits")
    turned = written[4:] + written[:4]
    if int("".join(str(int(each, 36)) for each in turned)) % 97 != 1:
        raise ValueError("the check digits of this IBAN don't fit: a character is wrong or missing")
    return written


def account_number(text: str) -> str:
    """Write an account number in one form; raises ValueError, which does not repeat it."""
    return _of(_NUMBER, text, "an account number is 6 to 34 letters and digits")


def bank_code(text: str) -> str:
    """Write the code of a bank or branch in one form (BIC, routing number, sort code, CNAPS); raises ValueError."""
    return _of(_BANK_CODE, text, "a bank code is 3 to 20 letters and digits")


def _of(form: re.Pattern[str], text: str, right: str) -> str:
    written = _one_form(text)
    if not form.fullmatch(written):
        raise ValueError(right)
    return written


def _one_form(text: str) -> str:
    return _BETWEEN.sub("", text).upper()
