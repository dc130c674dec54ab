"""Take invitations in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.conf import settings
from django.db import connection, transaction
from django.utils.module_loading import import_string

from accounts.operations import IdentifierSeen, record_uses
from accounts.policy.identifiers import IdentifierDigest
from kernel.fingerprints import fingerprint
from kernel.moments import CLOCK_SKEW, microseconds, month_of
from kernel.refusals import IdReused
from loyalty.queries.terms import program_zone, terms_calendar
from outbox.operations import publish
from referrals import news
from referrals.models import Referral
from referrals.policy.codes import normal_code
from referrals.policy.gates import JOINED, REFUSED, window_end
from referrals.policy.joining import REFUSED_BY_SCREEN, JoinItem, refusal_for_join
from referrals.queries.joining import join_facts, subject_of_join

# "referrals", as a number: joins are decided one after another, because two that are decided
# at once could pass a limit, or close a cycle, that neither of them sees.
_JOINS = 0x7265666572


@dataclass(frozen=True, slots=True)
class JoinRequest:
    """An invitation and what it was seen with; identifiers as digests."""

    item: JoinItem
    device: IdentifierDigest | None = None
    ip: IdentifierDigest | None = None

    def identifiers(self) -> list[IdentifierDigest]:
        return [seen for seen in (self.device, self.ip) if seen is not None]

    def meaning(self) -> bytes:
        """What the request says, apart from its id."""
        item = self.item
        digests = [seen.digest if seen is not None else None for seen in (self.device, self.ip)]
        at = None if item.occurred_at is None else microseconds(item.occurred_at)
        return fingerprint(normal_code(item.referral_code), item.invitee_id, at, *digests)


class JoinOutcome(NamedTuple):
    """A referral as it is now, and whether it had been reported before."""

    referral: Referral
    replayed: bool = False


@transaction.atomic
def join_invitees(*, requests: Sequence[JoinRequest], now: datetime) -> list[JoinOutcome]:
    """Join invitees to those whose codes they bring. All are joined, or none.

    Each is screened, and one that the screen refuses is kept as refused. Safe to repeat: an id
    that was used before with the same content is answered with the referral as it is now. An
    invitation that is reported late is judged as of when it was accepted.

    Args:
        requests: at most 1,000, each under an id that the client made.
        now: the moment of the report, timezone-aware; an invitation without a moment of its
            own was accepted then.

    Raises:
        IdReused: an id was used before with other content.
        UnknownSubscriber: billing has not reported the invitee.
        UnknownReferralCode, OwnReferralCode, AlreadyInvited, InviteeWasSubscriber,
        JoinedTooLate, InviterNotActive, ReferralLimitReached, ReferralCycle,
        OccurredInTheFuture: the invitation doesn't count.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_JOINS])

    kept = _kept([request.item.referral_id for request in requests])

    outcomes = []
    for request in requests:
        before = kept.get(request.item.referral_id)
        if before is not None and bytes(before.fingerprint) != request.meaning():
            raise IdReused
        # One by one: each invitation of a list counts for the limits of the next.
        referral = before or _screened(_join(request, now), now)
        kept[referral.referral_id] = referral
        outcomes.append(JoinOutcome(referral, replayed=before is not None))

    made = [outcome.referral for outcome in outcomes if not outcome.replayed]
    for name, status in ((news.JOINED, JOINED), (news.REFUSED, REFUSED)):
        said = [_said(referral) for referral in made if referral.status == status]
        publish(name=name, items=said, now=now)
    return outcomes


def _join(request: JoinRequest, now: datetime) -> Referral:
    item = request.item
    occurred_at = item.occurred_at or now
    # What lies in the future is refused, and may be too far away to have a month.
    [facts] = join_facts([item], [min(occurred_at, now + CLOCK_SKEW)])
    number, terms = terms_calendar().at(occurred_at)
    refusal = refusal_for_join(facts, occurred_at, terms.referral, now)
    if refusal is not None:
        raise refusal
    assert facts.inviter_id is not None, "an unknown inviter is refused before"
    assert facts.invitee_id is not None, "an unknown invitee is refused before"
    assert facts.activated_at is not None, "an unknown invitee is refused before"
    zone = program_zone()
    referral = Referral.objects.create(
        referral_id=item.referral_id,
        inviter_id=facts.inviter_id,
        invitee_id=facts.invitee_id,
        status=JOINED,
        terms=number,
        joined_at=occurred_at,
        month=month_of(occurred_at, zone),
        window_ends_at=window_end(facts.activated_at, terms.referral.stay_months_min, zone),
        fingerprint=request.meaning(),
        reported_at=now,
    )
    record_uses(
        seen=[
            IdentifierSeen(facts.invitee_id, identifier, occurred_at)
            for identifier in request.identifiers()
        ]
    )
    return referral


def _screened(referral: Referral, now: datetime) -> Referral:
    """Let the screen that settings name say what it thinks of an invitation."""
    if not settings.JOIN_SCREEN:
        return referral
    subject = subject_of_join(referral)
    [screening] = import_string(settings.JOIN_SCREEN)(subjects=[subject], now=now)
    if screening.outcome == "refuse":
        referral.status, referral.reason, referral.decided_at = REFUSED, REFUSED_BY_SCREEN, now
        referral.save(update_fields=["status", "reason", "decided_at"])
    return referral


def _kept(referral_ids: Sequence[str]) -> dict[str, Referral]:
    found = Referral.objects.select_related("inviter", "invitee").filter(
        referral_id__in=set(referral_ids)
    )
    return {referral.referral_id: referral for referral in found}


def _said(referral: Referral) -> dict[str, object]:
    return {
        "referral_id": referral.referral_id,
        "inviter_id": referral.inviter.external_id,
        "invitee_id": referral.invitee.external_id,
        "joined_at": referral.joined_at,
    }
