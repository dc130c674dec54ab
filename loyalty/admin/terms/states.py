"""What a version of the terms is at a moment: its status, told apart further."""

from collections.abc import Mapping
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from loyalty.admin.gate.words import Word
from loyalty.models import TermsVersion

IN_FORCE, SCHEDULED, BEFORE, WITHDRAWN = "in_force", "scheduled", "before", "withdrawn"

STATES: Mapping[str, Word] = {
    IN_FORCE: Word(_("in force"), "success"),
    SCHEDULED: Word(_("scheduled"), "primary"),
    "proposed": Word(_("proposed"), "warning"),
    "draft": Word(_("draft"), "info"),
    BEFORE: Word(_("in force before"), "default"),
    WITHDRAWN: Word(_("withdrawn"), "default"),
}


def state_of(version: TermsVersion, *, in_force: int, now: datetime) -> str:
    """One of STATES.

    Args:
        in_force: the number of the version that is so at `now`.
    """
    if version.status != "active":
        return version.status
    if version.number == in_force:
        return IN_FORCE
    starts_later = version.effective_from is not None and version.effective_from > now
    return SCHEDULED if starts_later else BEFORE
