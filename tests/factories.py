"""What tests are made of: reports as billing sends them, taken in by the verbs themselves."""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import count
from typing import Any
from uuid import UUID

import factory
from django.conf import settings

from accounts.models import Subscriber
from accounts.operations import SubscriberItem, put_subscribers
from accounts.policy.history import StatusReport
from accounts.policy.identifiers import IdentifierDigest, identifier_digest
from loyalty.models import TermsVersion
from loyalty.operations.change_terms import activate_terms, draft_terms, propose_terms
from loyalty.operations.post_charges import ChargeOutcome, post_charges
from loyalty.operations.post_refunds import RefundOutcome, post_refunds
from loyalty.operations.redemption_rows import RedemptionOutcome
from loyalty.operations.request_payouts import PayoutRequest, request_payouts
from loyalty.operations.reserve_points import RedemptionRequest, reserve_points
from loyalty.operations.screen_payouts import screen_payouts
from loyalty.policy.accrual import ChargeItem
from loyalty.policy.redemptions import RedemptionItem
from loyalty.policy.refunds import RefundItem
from referrals.models import Referral
from referrals.operations.join_invitees import JoinRequest, join_invitees
from referrals.operations.referral_codes import referral_code_of
from referrals.policy.joining import JoinItem
from tests.reading import terms_read

ACTIVATED_AT = datetime(2024, 1, 10, 8, tzinfo=UTC)

_numbers = count(1)


def digest(kind: str, normal: str) -> IdentifierDigest:
    """The digest of a normal form, under the key of the settings."""
    return identifier_digest(kind, normal, settings.IDENTIFIER_KEYS, settings.IDENTIFIER_KEY_ID)


class SubscriberItemFactory(factory.Factory):  # type: ignore[misc]
    """A report of an active subscriber with a verified phone and identity."""

    class Meta:
        model = SubscriberItem

    subscriber_id = factory.Sequence(lambda n: f"subscriber-{n}")
    msisdn = factory.Sequence(lambda n: digest("phone", f"+7916{n:07d}"))
    msisdn_country = "RU"
    report = StatusReport("active", ACTIVATED_AT)
    plan = "Plan M"
    region = "Moscow"
    optional = {"phone_verified": True, "identity_verified": True}


class ChargeItemFactory(factory.Factory):  # type: ignore[misc]
    """A monthly bill of 1,000 roubles, which earns 1,000 points."""

    class Meta:
        model = ChargeItem

    charge_id = factory.Sequence(lambda n: f"charge-{n}")
    subscriber_id = "subscriber"
    amount_minor = 100_000
    kind = "service"
    occurred_at = datetime(2026, 3, 15, 12, tzinfo=UTC)


class RefundItemFactory(factory.Factory):  # type: ignore[misc]
    """A refund of 100 roubles."""

    class Meta:
        model = RefundItem

    refund_id = factory.Sequence(lambda n: f"refund-{n}")
    charge_id = "charge"
    subscriber_id = "subscriber"
    amount_minor = 10_000
    reason = "refund"
    occurred_at = datetime(2026, 3, 16, 12, tzinfo=UTC)


def item(**said: Any) -> SubscriberItem:
    """A report of a subscriber; `status` and dates are those of its status report."""
    names = ("status", "activated_at", "status_since", "closed_at")
    dates = {name: said.pop(name) for name in names if name in said}
    report = StatusReport(**{"status": "active", "activated_at": ACTIVATED_AT, **dates})
    made: SubscriberItem = SubscriberItemFactory(report=report, **said)
    return made


def register(
    subscriber_id: str, *, now: datetime, card: str | None = "", **said: Any
) -> Subscriber:
    """A subscriber whom billing reports at `now`, with a card of their own unless None."""
    if card is not None:
        said.setdefault("identifiers", [digest("card", card or f"card of {subscriber_id}")])
    [outcome] = put_subscribers(subscribers=[item(subscriber_id=subscriber_id, **said)], now=now)
    assert outcome.refusal is None
    return Subscriber.objects.get(external_id=subscriber_id)


def charge(charge_id: str, subscriber_id: str = "subscriber", **said: Any) -> ChargeItem:
    made: ChargeItem = ChargeItemFactory(charge_id=charge_id, subscriber_id=subscriber_id, **said)
    return made


def post(
    charge_id: str, subscriber_id: str = "subscriber", *, now: datetime, **said: Any
) -> ChargeOutcome:
    """What becomes of one charge."""
    [outcome] = post_charges(charges=[charge(charge_id, subscriber_id, **said)], now=now)
    return outcome


def refund(
    refund_id: str, charge_id: str, subscriber_id: str = "subscriber", **said: Any
) -> RefundItem:
    made: RefundItem = RefundItemFactory(
        refund_id=refund_id, charge_id=charge_id, subscriber_id=subscriber_id, **said
    )
    return made


def give_back(
    refund_id: str, charge_id: str, subscriber_id: str = "subscriber", *, now: datetime, **said: Any
) -> RefundOutcome:
    """What becomes of one refund."""
    [outcome] = post_refunds(refunds=[refund(refund_id, charge_id, subscriber_id, **said)], now=now)
    return outcome


def request(
    redemption_id: str, points: int, subscriber_id: str = "subscriber", **seen: Any
) -> RedemptionRequest:
    return RedemptionRequest(
        RedemptionItem(redemption_id, subscriber_id, points, "bill_credit"), **seen
    )


def reserve(
    redemption_id: str,
    points: int,
    subscriber_id: str = "subscriber",
    *,
    now: datetime,
    **seen: Any,
) -> RedemptionOutcome:
    """What becomes of one redemption."""
    [outcome] = reserve_points(
        requests=[request(redemption_id, points, subscriber_id, **seen)], now=now
    )
    return outcome


def activate(content: dict[str, Any], *, effective_from: datetime, now: datetime) -> TermsVersion:
    """A version of the terms, proposed by one person and activated by another."""
    version = draft_terms(content=content, note="for a test", by="maker")
    propose_terms(
        number=version.number, by="maker", now=now, digest=terms_read(version.number, now=now)
    )
    return activate_terms(
        number=version.number,
        effective_from=effective_from,
        by="checker",
        now=now,
        digest=terms_read(version.number, now=now),
    )


def unique(prefix: str) -> str:
    """An id that nobody has used."""
    return f"{prefix}-{next(_numbers)}"


def ids(prefix: str, length: int) -> Sequence[str]:
    return [unique(prefix) for _ in range(length)]


def give_goodwill(
    subscriber_id: str = "subscriber",
    *,
    cause_id: str = "apology",
    value_minor: int = 10_000,
    parts: int = 1,
    now: datetime,
) -> UUID:
    """Request a goodwill credit and let the screen clear it; its id."""
    request = PayoutRequest(
        subscriber_id, "goodwill", "person", cause_id, value_minor, terms=1, parts=parts
    )
    [outcome] = request_payouts(requests=[request], now=now)
    assert outcome.payout_id is not None
    screen_payouts(now=now)
    return outcome.payout_id


def invite(
    inviter: str, invitee: str, *, referral_id: str = "referral", now: datetime, **said: Any
) -> Referral:
    """Register an invitee and let them join by the inviter's code at once."""
    register(invitee, activated_at=now, now=now, **said)
    code = referral_code_of(subscriber_id=inviter, now=now).code
    [outcome] = join_invitees(
        requests=[JoinRequest(JoinItem(referral_id, code, invitee, now))], now=now
    )
    return outcome.referral
