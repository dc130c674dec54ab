"""What somebody has read who decides in a test: whatever is there at that moment."""

from datetime import datetime

from fraud.queries.rule_sets import rule_set_as_shown, rule_set_course
from loyalty.models import TermsVersion
from loyalty.queries.terms import terms_as_shown


def terms_read(number: int, *, now: datetime) -> str:
    """The digest of a version of the terms; of one that isn't there none."""
    version = TermsVersion.objects.filter(number=number).first()
    return terms_as_shown(version, now=now) if version is not None else ""


def rules_read(number: int, *, now: datetime) -> str:
    """The digest of a rule set; of one that isn't there none."""
    course = rule_set_course(now=now)
    version = course.versions.get(number)
    return rule_set_as_shown(version, course) if version is not None else ""
