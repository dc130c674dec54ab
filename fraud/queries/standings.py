"""How what is thought of a subscriber has changed, and the cases that it rests on."""

from datetime import datetime
from typing import Any, NamedTuple

from django.apps import apps
from django.db.models import Q

from fraud.models import Case, RuleSnooze

SHOWN_MAX = 50


class StandingChange(NamedTuple):
    """A standing that a subscriber was given: when, by whom, and why."""

    at: datetime
    by: str
    standing: str
    reason: str


def standing_changes(*, subscriber_id: int) -> list[StandingChange]:
    """The standings that a subscriber has had, the latest first."""
    events: Any = apps.get_model("fraud", "SubscriberStandingEvent")
    found = events.objects.filter(pgh_obj=subscriber_id).exclude(pgh_label="removed")
    return [
        StandingChange(event.set_at, event.set_by, event.standing, event.reason)
        for event in found.order_by("-pgh_id")[:SHOWN_MAX]
    ]


def cases_about(*, subscriber_id: int) -> list[Case]:
    """The latest cases of a subscriber, or of referrals of theirs."""
    whose = Q(subscriber=subscriber_id) | Q(other=subscriber_id)
    found = Case.objects.filter(whose).select_related("subscriber", "other")
    return list(found.order_by("-opened_at")[:SHOWN_MAX])


def silenced_rules(*, subscriber_id: int, now: datetime) -> list[RuleSnooze]:
    """Rules that are silent about a subscriber at the moment."""
    return list(
        RuleSnooze.objects.filter(
            subscriber=subscriber_id, until__gt=now, ended_at__isnull=True
        ).order_by("until")
    )
