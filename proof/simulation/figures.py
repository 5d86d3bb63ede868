"""What the order and the customer of every schedule have, in figures."""

REWARD = 30
"""The store credit that the order earned in a campaign."""

BONUS_BP = 1_000
"""What is given on top of a refund that the customer has as credit (rule 54)."""

UNITS, GRANT = 2, 20
"""How many units a line of a rich order has, and the store credit that was granted for each such line."""

COUPON_GRANTED = 25
"""What the coupon that a rich order granted is worth."""

GIFT_VALUE = 15
"""What is charged for the gift that came with a rich order."""

SPENT_MEANWHILE = 10
"""The points that the customer spends on another order."""

TIME_LEFT_S = 23 * 24 * 3600.0
"""How long the coupon was still valid when it was used."""
