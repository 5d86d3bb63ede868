"""The cases of the demo: who buys what, what goes wrong with it, and what must have come out in the end."""

from tools.demo.cases.campaigns import CAMPAIGNS
from tools.demo.cases.decisions import DECISIONS
from tools.demo.cases.entitlements import ENTITLEMENTS
from tools.demo.cases.payouts import PAYOUTS

CASES = (*ENTITLEMENTS, *CAMPAIGNS, *DECISIONS, *PAYOUTS)
