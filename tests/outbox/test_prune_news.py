"""What was relayed and delivered long ago is cleared away, and nothing else."""

from datetime import datetime, timedelta

import pytest

from outbox.models import Attempt, Event, Message
from outbox.operations.prune_news import prune_news
from outbox.operations.relay_events import relay_events
from tests.books import dump
from tests.outbox.conftest import accrued, announce, endpoint_at

pytestmark = pytest.mark.django_db

KEPT = timedelta(days=30)


def test_clears_away_what_is_old_and_done(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("outbox.operations.prune_news.ROWS_PER_PAGE", 2)
    endpoint_at("http://127.0.0.1:9/hooks", now=now)
    for charge in range(6):
        announce("points.accrued", accrued("ann", charge), now=now)
    relay_events(now=now)
    dead, pending, *delivered = Message.objects.order_by("id")
    Message.objects.filter(pk=dead.pk).update(status="dead", ended_at=now)
    done = [message.pk for message in delivered]
    Message.objects.filter(pk__in=done).update(status="delivered", ended_at=now)
    Attempt.objects.create(message_id=done[0], number=1, made_at=now, milliseconds=1)
    late = announce("points.accrued", accrued("ann", 9), now=now)

    assert prune_news(now=now + KEPT, kept=KEPT) == (0, 0)
    assert prune_news(now=now + KEPT + timedelta(seconds=1), kept=KEPT) == (6, 4)
    assert set(Message.objects.values_list("pk", flat=True)) == {dead.pk, pending.pk}
    assert not Attempt.objects.exists()
    # What nobody relayed yet stays, however old.
    assert [event.pk for event in Event.objects.all()] == [late]

    before = dump()
    assert prune_news(now=now + KEPT + timedelta(seconds=1), kept=KEPT) == (0, 0)
    assert dump() == before
