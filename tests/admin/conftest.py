"""People of several roles, and a member with a history that was made through the verbs."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings as configured
from django.contrib.auth.models import Permission, User
from django.core.cache import cache
from django.test import Client as Browser

from accounts.models import Subscriber
from accounts.operations import SubscriberItem, put_subscribers
from accounts.policy.history import StatusReport
from accounts.policy.identifiers import IdentifierDigest, identifier_digest, normal_identifier
from doors.sessions import note_activity
from loyalty.models import Payout
from loyalty.operations.post_charges import post_charges
from loyalty.operations.post_refunds import post_refunds
from loyalty.operations.request_payouts import PayoutRequest, request_payouts
from loyalty.operations.reserve_points import RedemptionRequest, reserve_points
from loyalty.operations.screen_payouts import screen_payouts
from loyalty.operations.settle_redemptions import settle_redemptions
from loyalty.policy.accrual import ChargeItem
from loyalty.policy.gate import Screening
from loyalty.policy.redemptions import RedemptionItem
from loyalty.policy.refunds import RefundItem
from tests.screens import WHY

NOW = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
LAST_WEEK = NOW - timedelta(days=7)
PHONE = "+79161234567"
CARD = "4276000011112222"
DEVICE = "device-of-anna-0001"

LogIn = Callable[..., Browser]
Asking = Callable[..., Payout]

REVIEWS = (
    "accounts.view_subscriber",
    "loyalty.view_payout",
    "loyalty.decide_payout",
    "loyalty.freeze_payout",
    "loyalty.claw_back_payout",
    "loyalty.view_redemption",
    "loyalty.decide_redemption",
)
IN_REVIEW = Screening("review", (WHY,))


def digest(kind: str, value: str) -> IdentifierDigest:
    normal = normal_identifier(kind, value, "RU")
    keys, key_id = configured.IDENTIFIER_KEYS, configured.IDENTIFIER_KEY_ID
    return identifier_digest(kind, normal, keys, key_id)


def register(subscriber_id: str, phone: str, *more: IdentifierDigest) -> Subscriber:
    item = SubscriberItem(
        subscriber_id,
        digest("phone", phone),
        "RU",
        StatusReport("active", LAST_WEEK),
        "Family",
        "Moscow",
        {"phone_verified": True, "identity_verified": True},
        more,
    )
    put_subscribers(subscribers=[item], now=LAST_WEEK)
    return Subscriber.objects.get(external_id=subscriber_id)


@pytest.fixture
def member(db: None) -> Subscriber:
    """Anna: 1,000 points earned a week ago; since then 300 taken back and 200 redeemed."""
    anna = register("S-1", PHONE, digest("card", CARD), digest("device", DEVICE))
    charge = ChargeItem("CH-1", "S-1", 100_000, "service", LAST_WEEK)
    post_charges(charges=[charge], now=LAST_WEEK)
    refund = RefundItem("RF-1", "CH-1", "S-1", 30_000, "refund", NOW)
    post_refunds(refunds=[refund], now=NOW)
    asked = RedemptionRequest(RedemptionItem("R-1", "S-1", 200, "bill_credit"))
    reserve_points(requests=[asked], now=NOW)
    settle_redemptions(redemption_ids=["R-1"], now=NOW)
    return anna


@pytest.fixture
def held(member: Subscriber) -> Subscriber:
    """Anna, who has also earned more than the month's limit: a payout waits for review."""
    charge = ChargeItem("CH-BIG", "S-1", 60_000_000, "device", NOW)
    post_charges(charges=[charge], now=NOW)
    return member


@pytest.fixture
def log_in(db: None, settings: Any) -> LogIn:
    """Return a browser in which somebody with just these permissions is logged in."""
    # These tests are not about how slowly a password is hashed.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    cache.clear()

    def somebody(*permissions: str, name: str = "analyst") -> Browser:
        user = User.objects.create_user(name, password="p", is_staff=True)
        for permission in permissions:
            app, _, codename = permission.partition(".")
            found = Permission.objects.get(content_type__app_label=app, codename=codename)
            user.user_permissions.add(found)
        return _browser_of(user)

    return somebody


@pytest.fixture
def manager(log_in: LogIn) -> Browser:
    """A browser of somebody who may do everything."""
    return _browser_of(User.objects.create_superuser("manager", password="p"))


@pytest.fixture
def reviewer(log_in: LogIn) -> Browser:
    """Ben, who may decide over payouts and redemptions."""
    return log_in(*REVIEWS, name="ben")


@pytest.fixture
def credit(member: Subscriber, says: dict[str, Screening]) -> Asking:
    """Return a function that asks for a goodwill credit for Anna and has it screened."""

    def ask(
        cause_id: str = "c", *, screened: Screening = IN_REVIEW, parts: int = 1, **said: Any
    ) -> Payout:
        says[cause_id] = screened
        wanted = PayoutRequest(
            "S-1",
            "goodwill",
            "person",
            cause_id,
            **{"value_minor": 30_000, "terms": 1, **said},
            parts=parts,
        )
        [outcome] = request_payouts(requests=[wanted], now=NOW)
        assert outcome.payout_id is not None
        screen_payouts(now=NOW)
        return Payout.objects.get(pk=outcome.payout_id)

    return ask


def digest_on(browser: Browser, address: str) -> str:
    """The digest of what a page shows; empty where it shows nothing that is decided over."""
    answer = browser.get(address, follow=True)
    return str((answer.context or {}).get("digest", ""))


def sentences_of(answer: Any) -> list[str]:
    """What a followed answer tells the user."""
    return [str(message) for message in answer.context["messages"]]


def _browser_of(user: User) -> Browser:
    browser = Browser()
    browser.force_login(user)
    # As after the first page: later ones write nothing into the session.
    session = browser.session
    note_activity(session, now=datetime.now(UTC))
    session.save()
    return browser
