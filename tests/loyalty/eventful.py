"""A small history through the verbs that leaves every kind of row behind."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from accounts.operations import SubscriberItem, put_subscribers
from accounts.policy.history import StatusReport
from accounts.policy.identifiers import IdentifierDigest
from loyalty.operations.close_month import close_month
from loyalty.operations.evaluate_tiers import evaluate_tiers
from loyalty.operations.expire_points import expire_points
from loyalty.operations.post_charges import ChargeOutcome, post_charges
from loyalty.operations.post_refunds import RefundOutcome, post_refunds
from loyalty.operations.reserve_points import RedemptionRequest, reserve_points
from loyalty.operations.return_points import (
    lapse_reservations,
    release_redemptions,
    reverse_redemptions,
)
from loyalty.operations.revoke_closed import revoke_closed
from loyalty.operations.settle_redemptions import settle_redemptions
from loyalty.policy.accrual import ChargeItem
from loyalty.policy.redemptions import RedemptionItem
from loyalty.policy.refunds import RefundItem

ACTIVATED_AT = datetime(2024, 1, 1, 9, tzinfo=UTC)


def at(month: int, day: int, hour: int = 12, year: int = 2025) -> datetime:
    return datetime(year, month, day, hour, tzinfo=UTC)


def register(*names: str, closed_at: datetime | None = None, now: datetime) -> None:
    """Verified subscribers, each with a phone and a card of their own."""
    put_subscribers(
        subscribers=[
            SubscriberItem(
                subscriber_id=name,
                msisdn=identifier("phone", name),
                msisdn_country="RU",
                report=StatusReport(
                    "closed" if closed_at else "active", ACTIVATED_AT, closed_at=closed_at
                ),
                plan="Fiber",
                region="Moscow",
                optional={"phone_verified": True, "identity_verified": True},
                identifiers=(identifier("card", name),),
            )
            for name in names
        ],
        now=now,
    )


def identifier(kind: str, name: str) -> IdentifierDigest:
    return IdentifierDigest(kind, f"{kind} of {name}".encode().ljust(32, b"."), 1, f"…{name}")


def charge(
    name: str, charge_id: str, roubles: int, now: datetime, kopecks: int = 0
) -> ChargeOutcome:
    item = ChargeItem(charge_id, name, roubles * 100 + kopecks, "service", now)
    [outcome] = post_charges(charges=[item], now=now)
    assert outcome.refusal is None
    return outcome


def refund(
    name: str, refund_id: str, charge_id: str, roubles: int, now: datetime, reason: str = "refund"
) -> RefundOutcome:
    item = RefundItem(refund_id, charge_id, name, roubles * 100, reason, now)
    [outcome] = post_refunds(refunds=[item], now=now)
    assert outcome.refusal is None
    return outcome


def reserve(name: str, redemption_id: str, points: int, now: datetime) -> str:
    item = RedemptionItem(redemption_id, name, points, "bill_credit")
    request = RedemptionRequest(item, payment_instrument=identifier("card", name))
    reserve_points(requests=[request], now=now)
    return redemption_id


def settle(redemption_id: str, now: datetime) -> None:
    settle_redemptions(redemption_ids=[redemption_id], credit_reference="credit", now=now)


def eventful_history() -> None:
    """Ann redeems in every way, Ben waits, Cat owes, Dan exceeds a cap, Eve leaves."""
    for event in _EVENTS:
        event()


def _ann() -> None:
    charge("ann", "a1", 5000, at(1, 10), kopecks=50)
    charge("ann", "a2", 8000, at(6, 10))
    evaluate_tiers(now=at(7, 1))
    charge("ann", "a3", 1000, at(7, 5))
    settle(reserve("ann", "settled", 1000, at(7, 6)), at(7, 7))
    release_redemptions(redemption_ids=[reserve("ann", "released", 700, at(7, 8))], now=at(7, 9))
    reserve("ann", "lapsed", 6500, at(7, 10))
    lapse_reservations(now=at(7, 15))
    settle(reserve("ann", "reversed", 900, at(7, 16)), at(7, 17))
    reverse_redemptions(redemption_ids=["reversed"], now=at(7, 18))
    refund("ann", "part", "a2", 1000, at(7, 19))
    refund("ann", "rest", "a2", 500, at(7, 20), reason="chargeback")
    expire_points(now=at(1, 12, year=2026))
    charge("ann", "a4", 100, at(1, 13, year=2026))
    reserve("ann", "held", 300, at(1, 14, year=2026))


def _ben() -> None:
    refund("ben", "early", "b1", 40, at(2, 1))
    refund("ben", "too much", "b2", 400, at(2, 1))
    charge("ben", "b1", 90, at(2, 2), kopecks=70)
    charge("ben", "b2", 200, at(2, 2))
    refund("ben", "waits", "b9", 10, at(2, 3))


def _cat() -> None:
    charge("cat", "c1", 500, at(3, 1))
    settle(reserve("cat", "spent", 400, at(3, 2)), at(3, 3))
    refund("cat", "owed", "c1", 500, at(3, 4))
    charge("cat", "c2", 150, at(3, 5))
    charge("cat", "c3", 600, at(3, 6))
    reserve("cat", "given back", 350, at(3, 7))
    refund("cat", "while held", "c3", 600, at(3, 8))
    release_redemptions(redemption_ids=["given back"], now=at(3, 9))


def _dan() -> None:
    charge("dan", "d1", 600_000, at(4, 1))
    charge("dan", "d2", 700, at(4, 2))
    refund("dan", "of the excess", "d2", 100, at(4, 3))
    refund("dan", "of both", "d1", 150_000, at(4, 4))


def _eve() -> None:
    charge("eve", "e1", 900, at(5, 1))
    register("eve", closed_at=at(5, 20), now=at(5, 20))
    revoke_closed(now=at(6, 25))


def _begin() -> None:
    register("ann", "ben", "cat", "dan", "eve", now=at(1, 1))


def _end() -> None:
    evaluate_tiers(now=at(2, 1, year=2026))
    close_month(now=at(2, 1, year=2026) + timedelta(hours=1))


_EVENTS: tuple[Callable[[], None], ...] = (_begin, _ann, _ben, _cat, _dan, _eve, _end)
