"""Fit the models of unusual activity, and report whether they add to the score."""

from datetime import datetime
from typing import Any

from doors.jobs import JobCommand
from fraud.operations.fit_anomalies import fit_anomalies


class Command(JobCommand):
    help = "Fit the models of unusual activity, and report whether they add to the score."

    def run(self, *, now: datetime, **options: Any) -> str:
        models = fit_anomalies(now=now)
        if not models:
            return "Too few subscribers to say what is usual: it takes a hundred."
        return "\n".join(
            f"{model.get_kind_display()} {model.version}, on {model.sample_size:,} subscribers as"
            f" of {model.fitted_at.isoformat()}. {model.metrics['evaluation']['sentence']}"
            for model in models
        )
