"""The cases of the demo: who buys what, what goes wrong with it, and what must have come out in the end."""

from showcase.cases.campaigns import CAMPAIGNS
from showcase.cases.decisions import DECISIONS
from showcase.cases.entitlements import ENTITLEMENTS
from showcase.cases.payouts import PAYOUTS

CASES = (*ENTITLEMENTS, *CAMPAIGNS, *DECISIONS, *PAYOUTS)
