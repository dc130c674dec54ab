"""The example of the report on fraud."""

from typing import Any

from drf_spectacular.utils import OpenApiExample

REPORT: dict[str, Any] = {
    "since": "2026-10-20",
    "until": "2026-11-19",
    "currency": "RUB",
    "payouts": {
        "asked": {"count": 1840, "value": "552000.00"},
        "cancelled": [
            {"outcome": "refused", "count": 21, "value": "6300.00"},
            {"outcome": "cancelled", "count": 9, "value": "2700.00"},
            {"outcome": "clawed_back", "count": 4, "value": "1200.00"},
        ],
        "count_share": 0.018478,
        "value_share": 0.018478,
    },
    "redemptions": {
        "asked": {"count": 5200, "value": "910000.00"},
        "cancelled": [{"outcome": "declined", "count": 13, "value": "2210.00"}],
        "count_share": 0.0025,
        "value_share": 0.002429,
    },
    "first_redemptions": {
        "subscribers": 640,
        "quantiles": [
            {"percent": 5, "minutes": 1440},
            {"percent": 25, "minutes": 20160},
            {"percent": 50, "minutes": 60480},
            {"percent": 75, "minutes": 129600},
            {"percent": 95, "minutes": 432000},
        ],
        "histogram": [{"bin": "under 1 h", "count": 3}],
    },
    "referrals": {
        "inviters": 410,
        "referrals": 620,
        "most": 9,
        "histogram": [{"bin": "1", "count": 301}],
    },
    "rates": {
        "stopped": 46,
        "cleared": 1794,
        "precision": {"part": 19, "of": 40, "share": 0.475, "lower": 0.329355, "upper": 0.625026},
        "missed": {"part": 2, "of": 180, "share": 0.011111, "lower": 0.003052, "upper": 0.039601},
        "false_positive_rate": {"share": 0.01343, "lower": 0.009053, "upper": 0.018186},
        "recall": {"share": 0.522936, "lower": 0.147261, "upper": 0.864018},
        "inconclusive": 4,
    },
    "queue": {
        "count": 12,
        "overdue": 1,
        "value": "6100.00",
        "oldest_at": "2026-11-15T07:12:00Z",
        "queues": [{"queue": "gate", "count": 9}],
        "age": [{"bin": "under 4 h", "count": 5}],
    },
    "analysts": [
        {
            "analyst": "ann",
            "decided": 130,
            "frauds": 14,
            "per_day": 4.33,
            "minutes_median": 6.5,
        }
    ],
    "weeks": [
        {
            "starts_on": "2026-10-19",
            "stopped": "3600.00",
            "released": "1500.00",
            "refused": "1800.00",
            "taken_back": "300.00",
            "opened": 14,
            "decided": 13,
            "frauds": 5,
        }
    ],
}
FRAUD = [OpenApiExample("Thirty days", REPORT, response_only=True, status_codes=["200"])]
