"""Examples of reports over time; their times are handed in."""

from collections.abc import Callable

from api.undated_examples import REFUND_ID, Json


def answers(at: Callable[[int], str]) -> dict[str, Json]:
    """`at` tells a moment so many days from today."""
    period = {"from": at(-90), "to": at(0)}
    day = at(-7).partition("T")[0]
    topic = {"reason": "changed_mind", "waited_for": "parcel"}
    medians = {"answered": 240.0, "approved": 260.0, "received": 172_800.0, "inspected": 190_000.0}
    return {
        "TrendReport": {
            **period,
            **{"every": "week", "time_zone": "Asia/Shanghai"},
            "items": [
                {
                    **{"begins": day, "refunds": 12, "orders": 240, "refund_rate": 0.05},
                    "median_s": {**medians, "paid": 190_300.0, "completed": 190_320.0},
                    **{"opinions": 4, "mean_score": 4.25},
                }
            ],
        },
        "MoneyReport": {
            **period,
            "time_zone": "Asia/Shanghai",
            "items": [
                {
                    **{"day": day, "method": "card", "went_to": "original", "currency": "CNY"},
                    **{"payouts": 3, "amount": 164_250, "tax": 18_896, "net": 145_354},
                }
            ],
        },
        "EntitlementReport": {
            **period,
            **{"refunds": 31, "points_restored": 4_200, "points_clawed_back": 9_900},
            "coupons": {"reinstated": 6, "kept": 2},
            "gifts": {"returned": 3},
            "exclusive_discounts": {"reinstated": 1},
            **{"campaigns_restored": 5, "campaigns_left": 2},
        },
        "OpinionReport": {
            **period,
            "topics": [
                {
                    **topic,
                    **{"opinions": 4, "mean_score": 3.5, "opinions_before": 6, "mean_score_before": 4.0},
                }
            ],
            "comments": [
                {
                    **topic,
                    **{"refund_id": REFUND_ID, "score": 3, "comment": "It took a week to arrive.", "at": at(-7)},
                }
            ],
        },
    }
