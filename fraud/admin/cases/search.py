"""Finding cases by what a person types: a number, or the id of what they are about."""

import re

from django.db.models import Case as Choice
from django.db.models import Q, QuerySet, SmallIntegerField, Value, When

from accounts.queries.spellings import spellings_of, subscribers_spelled
from fraud.models import Case
from fraud.models.cases import QUEUE_ORDER
from fraud.policy.cases import CLOSED

# A case's number, with or without what people write before it: C-123, c123, #123, дело № 123.
# Ids of subscribers end in numbers too, and are no numbers of cases.
_NUMBER = re.compile(r"(?:case|c|дело|д|с)?[\s.:#№-]*([0-9]{1,18})", re.IGNORECASE)
_DIGITS = re.compile(r"[0-9a-f]{8,32}")
# Where the hyphens of a UUID stand.
_PARTS = (8, 12, 16, 20, 32)


def searched(cases: QuerySet[Case], term: str) -> QuerySet[Case]:
    """Cases that somebody can mean, the one of this very number first, then those still open."""
    number = _NUMBER.fullmatch(term)
    called = Q(pk=int(number[1])) if number else Q(pk__in=[])
    people = [each.pk for each in subscribers_spelled(term)]
    wanted = called | Q(subscriber__in=people) | Q(other__in=people)
    for each in (*spellings_of(term), *_beginning(term)):
        wanted |= Q(subject_id__startswith=each)
    first = Choice(
        When(called, then=Value(0)),
        When(~Q(status=CLOSED), then=Value(1)),
        default=Value(2),
        output_field=SmallIntegerField(),
    )
    return cases.filter(wanted).order_by(first, *QUEUE_ORDER)


def _beginning(term: str) -> list[str]:
    """How the id of a payout begins, in the spelling in which it is kept."""
    digits = term.lower().replace("-", "")
    if not _DIGITS.fullmatch(digits):
        return []
    parts = [digits[start:end] for start, end in zip((0, *_PARTS), _PARTS, strict=False)]
    return ["-".join(part for part in parts if part)]
