"""A believable queue, made through the verbs: a ring, a self-referral, a cap, four eyes."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from accounts.models import Subscriber
from accounts.policy.identifiers import IdentifierDigest
from fraud.operations.screen_registrations import screen_registrations
from fraud.operations.tend_cases import tend_cases
from loyalty.operations.request_payouts import PayoutRequest, request_payouts
from loyalty.operations.screen_payouts import screen_payouts
from referrals.models import Referral
from referrals.operations.join_invitees import JoinRequest, join_invitees
from referrals.operations.referral_codes import referral_code_of
from referrals.operations.vest_referrals import vest_referrals
from referrals.policy.joining import JoinItem
from tests.factories import digest, give_back, post, register, reserve

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def tell(now: datetime) -> None:
    """Everything that analysts meet, so that the queue holds some of each."""
    ring(now - 2 * HOUR)
    self_referral(now - 5 * HOUR)
    cap(now - 26 * HOUR)
    four_eyes(now - 3 * HOUR)
    registrations(now - HOUR)
    redemption(now - 4 * HOUR)
    tend_cases(now=now)


def ring(now: datetime, size: int = 14) -> UUID:
    """Accounts on one phone and two addresses, most of them invited by each other."""
    phone, tablet = digest("device", "ring-phone-0001"), digest("device", "ring-tablet-0002")
    flat, ip = digest("address", "moscow, tverskaya 1, 7"), digest("ip", "95.165.10.20")
    for n in range(size):
        since = now - (40 - 2 * n) * DAY
        with_it = [phone if n % 3 else tablet, flat, *([ip] if n % 2 else [])]
        _member(f"ring-{n:02}", since, with_it)
        post(
            f"ring-bill-{n}",
            f"ring-{n:02}",
            amount_minor=30_000,
            occurred_at=since + HOUR,
            now=since + HOUR,
        )
    for n in range(1, 5):
        _join(f"ring-ref-{n}", "ring-00", f"ring-{n:02}", now - (39 - 2 * n) * DAY)
    give_back("ring-refund", "ring-bill-13", "ring-13", amount_minor=20_000, reason="chargeback",
              occurred_at=now - 5 * DAY, now=now - 5 * DAY)  # fmt: skip
    _goodwill("ring-13", 100_000, "ring-credit", now)
    return _goodwill("ring-04", 90_000, "ring-credit-4", now)


def self_referral(now: datetime) -> Referral:
    """An inviter and an invitee with one card, the bonus of which qualified."""
    start = now - 100 * DAY
    card = digest("card", "4276000011112222")
    _member("olga", start - DAY, [card])
    _member("olga-2", start, [card, digest("device", "olga-phone-0001")])
    _join("olga-ref", "olga", "olga-2", start)
    for n in range(4):
        at = start + (n * 25 + 1) * DAY
        post(f"olga-bill-{n}", "olga-2", amount_minor=52_000, occurred_at=at, now=at)
    vest_referrals(now=now)
    screen_payouts(now=now)
    return Referral.objects.get(referral_id="olga-ref")


def cap(now: datetime) -> None:
    """Somebody who bought so much that a limit holds a part of what they earned."""
    _member("boris", now - 400 * DAY, [])
    post("boris-bill", "boris", amount_minor=63_000_000, kind="device", occurred_at=now, now=now)


def four_eyes(now: datetime) -> UUID:
    """A credit above the limit, for somebody with nothing odd."""
    _member("vera", now - 900 * DAY, [digest("email", "vera@example.org")])
    for n in range(6):
        at = now - (30 * n + 3) * DAY
        post(f"vera-bill-{n}", "vera", amount_minor=89_900, occurred_at=at, now=at)
    return _goodwill("vera", 450_000, "vera-credit", now)


def registrations(now: datetime) -> None:
    """Newcomers with somebody else's passport."""
    passport = digest("passport", "4510123456")
    _member("gleb", now - 200 * DAY, [passport])
    _member("gleb-again", now - HOUR, [passport])
    screen_registrations(names=["gleb-again"], now=now)


def redemption(now: datetime) -> None:
    """Points redeemed within minutes after activation, on a crowded device."""
    phone = digest("device", "hasty-phone-0001")
    for n in range(6):
        _member(f"hasty-{n}", now - (6 - n) * HOUR, [phone])
    _member("hasty", now - 3 * HOUR, [phone])
    post("hasty-bill", "hasty", amount_minor=400_000, occurred_at=now - 2 * HOUR, now=now - HOUR)
    reserve("hasty-redemption", 4_000, "hasty", now=now)


def crowd(size: int, now: datetime) -> UUID:
    """Very many accounts on the devices of one, fifty on each, and a credit for that one."""
    phones = [digest("device", f"crowd-phone-{n:04}") for n in range(size // 50)]
    for place, phone in enumerate(phones):
        _members([f"crowd-{place * 50 + n:04}" for n in range(50)], now - 30 * DAY, [phone])
    _member("crowded", now - DAY, phones)
    return _goodwill("crowded", 120_000, "crowd-credit", now)


def _member(name: str, since: datetime, seen: Sequence[IdentifierDigest]) -> Subscriber:
    own = digest("card", f"card of {name}")
    return register(name, activated_at=since, identifiers=[own, *seen], card=None, now=since)


def _members(names: Sequence[str], since: datetime, seen: Sequence[IdentifierDigest]) -> None:
    from accounts.operations import put_subscribers
    from tests.factories import item

    items = [item(subscriber_id=name, activated_at=since, identifiers=list(seen)) for name in names]
    for start in range(0, len(items), 1000):
        put_subscribers(subscribers=items[start : start + 1000], now=since)


def _join(referral_id: str, inviter: str, invitee: str, at: datetime) -> None:
    code = referral_code_of(subscriber_id=inviter, now=at).code
    join_invitees(requests=[JoinRequest(JoinItem(referral_id, code, invitee, at))], now=at)


def _goodwill(subscriber_id: str, value_minor: int, cause_id: str, now: datetime) -> UUID:
    wanted = PayoutRequest(
        subscriber_id, "goodwill", "person", cause_id, value_minor, terms=1, parts=3
    )
    [outcome] = request_payouts(requests=[wanted], now=now)
    assert outcome.payout_id is not None
    screen_payouts(now=now)
    return outcome.payout_id
