"""Sending events again: one, or those of a span of time."""

from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.db.models import F, Q

from kernel.fingerprints import fingerprint
from kernel.moments import microseconds
from kernel.owners import EVERYBODY, Owners
from kernel.refusals import IdReused
from outbox.models import Endpoint, Event, Replay
from outbox.operations.nudge_sender import nudge_sender
from outbox.operations.relay_lock import hold_relay
from outbox.operations.switch_endpoints import keep_step
from outbox.operations.write_messages import write_messages
from outbox.policy.endpoints import ENABLED, UnknownEvent, WebhookDisabled
from outbox.queries.endpoints import held_endpoint

EVENTS_PER_PAGE = 200


class Asked(NamedTuple):
    """A replay as it is now, and whether it was asked for before."""

    replay: Replay
    replayed: bool = False


class Span(NamedTuple):
    """From `since`, up to but not including `until`, by when events were announced."""

    since: datetime
    until: datetime


@transaction.atomic
def ask_for_replay(
    *,
    webhook_id: str,
    replay_id: str,
    what: int | Span,
    by: str,
    now: datetime,
    owners: Owners = EVERYBODY,
) -> Asked:
    """Let an endpoint be sent again what it hears; `write_replays` writes the messages.

    Safe to repeat: an id that was used before with the same content is answered with the
    replay as it is now.

    Args:
        replay_id: made by the client; it comes with each of the messages.
        what: the id of an event, or a span of time.
        owners: whose the endpoint may be.

    Raises:
        UnknownWebhook, UnknownEvent: there is none with this id.
        WebhookDisabled: it is sent nothing.
        IdReused: the id was used before with other content.
    """
    endpoint = held_endpoint(webhook_id, owners)
    meaning = _meaning(what)
    known = Replay.objects.filter(endpoint=endpoint, replay_id=replay_id).first()
    if known is not None:
        if bytes(known.fingerprint) != meaning:
            raise IdReused
        return Asked(known, replayed=True)
    if endpoint.status != ENABLED:
        raise WebhookDisabled
    if isinstance(what, int) and not Event.objects.filter(pk=what).exists():
        raise UnknownEvent

    replay = Replay(
        endpoint=endpoint, replay_id=replay_id, fingerprint=meaning, asked_at=now, asked_by=by
    )
    if isinstance(what, Span):
        replay.since, replay.until = what
    else:
        replay.event_id = what
    replay.save()
    keep_step(endpoint, "replayed", by=by, now=now, note=replay_id)
    nudge_sender()
    return Asked(replay)


def write_replays(*, now: datetime) -> int:
    """Write the messages of the replays that were asked for, a commit per page.

    Safe to kill, and to run in two places: a page and how far it came are one transaction.

    Returns:
        How many messages were written.
    """
    written = 0
    for number in (
        Replay.objects.filter(finished_at=None).order_by("id").values_list("id", flat=True)
    ):
        while (page := _write_page(number, now)) is not None:
            written += page
    return written


@transaction.atomic
def _write_page(number: int, now: datetime) -> int | None:
    """One page of a replay; None once it is finished, or somebody else is at it."""
    hold_relay()
    replay = (
        Replay.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
        .select_related("endpoint")
        .filter(pk=number, finished_at=None)
        .first()
    )
    if replay is None:
        return None
    ids = _events_of(replay)
    written = write_messages(
        event_ids=ids, now=now, endpoint_id=replay.endpoint_id, replay_id=replay.pk
    )
    finished = len(ids) < EVENTS_PER_PAGE or replay.endpoint.status != ENABLED
    Replay.objects.filter(pk=number).update(
        after_event=ids[-1] if ids else replay.after_event,
        messages=F("messages") + written,
        finished_at=now if finished else None,
    )
    return None if finished and not written else written


def _events_of(replay: Replay) -> list[int]:
    # What isn't relayed yet will be sent anyway.
    which = Q(relayed_at__isnull=False)
    if replay.event_id is not None:
        which &= Q(pk=replay.event_id)
    else:
        which &= Q(announced_at__gte=replay.since, announced_at__lt=replay.until)
        which &= _heard_by(replay.endpoint)
    events = Event.objects.filter(which, pk__gt=replay.after_event).order_by("id")
    return list(events.values_list("id", flat=True)[:EVENTS_PER_PAGE])


def _heard_by(endpoint: Endpoint) -> Q:
    return Q(name__in=endpoint.names) if endpoint.names else Q()


def _meaning(what: int | Span) -> bytes:
    if isinstance(what, Span):
        return fingerprint(microseconds(what.since), microseconds(what.until))
    return fingerprint(what)
