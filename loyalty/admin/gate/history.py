"""The steps of a payout or a redemption through the gate, in words."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from doors.translation import translated
from loyalty.admin.gate.words import ACTORS, STEPS_TAKEN, Word, actor_of, word_of
from loyalty.queries.payouts import changes_of


class StepTaken(NamedTuple):
    """One step: when, by whom, from which status to which, and why."""

    at: datetime
    by: Any
    step: Any
    before: Word | None
    after: Word
    reason: str


def history_of(subject_type: str, subject_id: str, words: Mapping[str, Word]) -> list[StepTaken]:
    """The steps of a benefit, the earliest first."""
    return [
        StepTaken(
            change.changed_at,
            actor_of(change.changed_by),
            STEPS_TAKEN.get(change.step, change.step),
            word_of(words, change.before) if change.before else None,
            word_of(words, change.after),
            # What a person wrote stays as it was written.
            translated(change.reason) if change.changed_by in ACTORS else change.reason,
        )
        for change in changes_of(subject_type, subject_id)
    ]
