"""Screen subscribers when billing reports them; they are marked, and never refused."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from accounts.models import Subscriber
from fraud.operations.screen import screen
from fraud.operations.set_standings import set_standings
from fraud.policy.standings import WATCHED
from fraud.queries.registrations import not_judged
from fraud.queries.subjects import subject_of_registration
from loyalty.policy.gate import SCREEN

SUBSCRIBERS_PER_PAGE = 1000


def screen_registrations(*, names: Sequence[str], now: datetime) -> int:
    """Screen new subscribers; those with a match are watched, which holds their benefits.

    Safe to repeat: who was judged before by a person or marked is not marked again. A commit
    per page.

    Args:
        names: the external ids; unknown ones are left out.

    Returns:
        How many were marked.
    """
    marked = 0
    for start in range(0, len(names), SUBSCRIBERS_PER_PAGE):
        marked += _screen_page(names[start : start + SUBSCRIBERS_PER_PAGE], now)
    return marked


@transaction.atomic
def _screen_page(names: Sequence[str], now: datetime) -> int:
    subscribers: list[Subscriber] = not_judged(names=names)
    subjects = [subject_of_registration(subscriber) for subscriber in subscribers]
    screenings = screen(subjects=subjects, now=now)
    return sum(
        set_standings(
            subscriber_ids=[subject.subscriber_id],
            standing=WATCHED,
            reason=" ".join(reason.detail for reason in screening.reasons)[:500],
            by=SCREEN,
            now=now,
        )
        for subject, screening in zip(subjects, screenings, strict=True)
        if screening.outcome in ("review", "refuse")
    )
