"""The report on fraud, over HTTP."""

from datetime import UTC, datetime, timedelta

import pytest

from fraud.api.report_examples import REPORT
from tests.browsing import Bearer
from tests.factories import give_goodwill, invite, post, register, reserve
from tests.fraud.stories import suspicious_payout
from tests.journeys.conftest import Billing
from tests.journeys.test_examples import members

pytestmark = pytest.mark.django_db


def test_it_is_shown_as_its_example(billing: Billing) -> None:
    now = datetime.now(UTC)
    day_before = now - timedelta(days=1)
    suspicious_payout(now=now)
    register("ann", now=day_before, activated_at=day_before)
    post("charge", "ann", occurred_at=day_before, now=day_before)
    reserve("r", 100, "ann", now=now)
    invite("ann", "eve", now=now)
    give_goodwill("ann", now=now)
    answer = billing.get("/reports/fraud")
    assert answer.status_code == 200
    report = answer.json()
    # Nobody has decided anything, so that some parts are none.
    report["rates"]["false_positive_rate"] = REPORT["rates"]["false_positive_rate"]
    report["rates"]["recall"] = REPORT["rates"]["recall"]
    report["analysts"] = REPORT["analysts"]
    assert members(report) == members(REPORT)
    assert report["queue"]["count"] == 1
    assert report["payouts"]["asked"] == {"count": 2, "value": "400.00"}
    assert len(report["weeks"]) >= 4


@pytest.mark.parametrize(
    "query",
    [
        "since=2026-03-02&until=2026-03-02",
        "since=2026-03-02&until=2026-03-01",
        "since=2020-01-01&until=2026-01-01",
        "since=yesterday",
        "since=2026-03-02T00:00:00Z",
        "week=3",
    ],
)
def test_a_period_that_is_none_is_refused(billing: Billing, query: str) -> None:
    answer = billing.get(f"/reports/fraud?{query}")
    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid"


def test_days_are_those_of_the_program(billing: Billing) -> None:
    # Half past midnight in Moscow, on the first of March.
    at = datetime(2026, 2, 28, 21, 30, tzinfo=UTC)
    register("ann", now=at - timedelta(days=1))
    give_goodwill("ann", now=at)
    march = billing.get("/reports/fraud?since=2026-03-01&until=2026-03-02").json()
    february = billing.get("/reports/fraud?since=2026-02-28&until=2026-03-01").json()
    assert (march["payouts"]["asked"]["count"], february["payouts"]["asked"]["count"]) == (1, 0)


def test_it_takes_its_scope(billing: Billing, bearer: Bearer) -> None:
    billing.token = bearer("cases:read")
    assert billing.get("/reports/fraud").status_code == 403
