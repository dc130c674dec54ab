"""Screened redemptions with verdicts: a third on the device of a ring, the others on their own."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from accounts.models import Subscriber
from accounts.operations import put_subscribers
from fraud.models import Case, CaseEvent
from fraud.operations.keep_assessments import Found, keep_assessments
from fraud.operations.screen import screen
from fraud.policy.rulesets import RuleSet
from fraud.policy.samples import Example
from fraud.policy.scoring import judged
from fraud.queries.asked import Asked
from loyalty.policy.gate import Subject
from tests.factories import digest, item, register

NOW = datetime(2026, 3, 17, 9, tzinfo=UTC)
DAY = timedelta(days=1)
VALUE_MINOR = 10_000


def redeem(names: list[str], *, now: datetime = NOW) -> dict[str, int]:
    """Screen a redemption of each; the subscribers' keys by name."""
    keys = {name: register(name, activated_at=now - 9 * DAY, now=now - DAY).pk for name in names}
    _screen(keys, now)
    return keys


def redeem_on_one_device(names: list[str], *, now: datetime = NOW) -> dict[str, int]:
    """The same for subscribers who share a device, and were activated just now."""
    phone = digest("device", f"the phone of {names[0]}")
    keys = {
        name: register(name, identifiers=[phone], activated_at=now, now=now).pk for name in names
    }
    _screen(keys, now)
    return keys


def decide(name: str, verdict: str, *, minutes: int = 6, now: datetime = NOW) -> None:
    """Somebody claims the case of a redemption, or that of a sample, and decides it."""
    case, _ = Case.objects.get_or_create(
        subject_type="redemption",
        subject_id=f"r-{name}",
        defaults={
            "queue": "sample",
            "subscriber_id": 1,
            "value_minor": VALUE_MINOR,
            "score_millionths": 0,
            "band": "low",
            "status": "open",
            "opened_at": now,
            "due_at": now + DAY,
        },
    )
    decided_at = now + timedelta(minutes=minutes)
    for step, at in (("claim", now), ("decide", decided_at)):
        CaseEvent.objects.create(case=case, step=step, before={}, after={}, at=at, by="ann")
    Case.objects.filter(pk=case.pk).update(
        status="closed", verdict=verdict, decided_at=decided_at, decided_by="ann"
    )


def judge_examples(examples: Sequence[Example], *, now: datetime = NOW) -> None:
    """Keep an assessment of each as if it had been screened so, with a verdict of a person."""
    names = [f"e{place}" for place in range(len(examples))]
    items = [item(subscriber_id=name, identifiers=[digest("card", name)]) for name in names]
    put_subscribers(subscribers=items, now=now - DAY)
    keys = dict(Subscriber.objects.filter(external_id__in=names).values_list("external_id", "id"))
    subjects = [
        Subject("redemption", f"r-{name}", keys[name], "bill_credit", VALUE_MINOR) for name in names
    ]
    kept = keep_assessments(
        found=[
            Found(Asked(subject, now), each.facts, judged(each.facts, RuleSet()), 1, False)
            for subject, each in zip(subjects, examples, strict=True)
        ]
    )
    Case.objects.bulk_create(
        Case(
            queue="sample",
            subject_type="redemption",
            subject_id=f"r-{name}",
            subscriber_id=keys[name],
            assessment_id=assessment_id,
            value_minor=VALUE_MINOR,
            score_millionths=0,
            band="low",
            status="closed",
            opened_at=now,
            due_at=now + DAY,
            verdict="confirmed_fraud" if each.is_fraud else "false_positive",
            decided_at=now,
            decided_by="ann",
        )
        for name, each, assessment_id in zip(names, examples, kept, strict=True)
    )


def _screen(keys: dict[str, int], now: datetime) -> None:
    subjects = [
        Subject("redemption", f"r-{name}", key, "bill_credit", VALUE_MINOR)
        for name, key in keys.items()
    ]
    screen(subjects=subjects, now=now)
