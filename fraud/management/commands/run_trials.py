"""manage.py run_trials: run the trial of a rule set that is due."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from doors.jobs import JobCommand
from fraud.operations.run_trials import run_next_trial


class Command(JobCommand):
    help = "Runs the trial that has waited longest, or one whose worker is gone."

    def run(self, *, now: datetime, **options: Any) -> str:
        """Run it, and say how it ended."""
        ahead = now - datetime.now(UTC)
        trial = run_next_trial(worker=uuid4().hex, clock=lambda: datetime.now(UTC) + ahead)
        if trial is None:
            return "No trial was due."
        return f"Trial {trial.pk}, a {trial.kind} of rule set {trial.rule_set_id}: {trial.status}."
