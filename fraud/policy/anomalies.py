"""Anomaly models: their kinds, how unusual is unusual, and when a percentile counts.

What fits and runs them is in `detectors`, which imports scikit-learn; nothing here does, because
tables and pages need these words too.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

FOREST, AUTOENCODER = "isolation_forest", "autoencoder"
ANOMALY_KINDS = (FOREST, AUTOENCODER)

# Percentiles are kept in thousandths, so that equal ones are equal.
THOUSANDTHS = 1000
PERCENTILE_MAX = 100 * THOUSANDTHS

# A score counts as long as this; a model that can't be loaded lets its scores go stale.
SCORE_LASTS = timedelta(days=30)
# Who was scored within this is not due again.
SCORED_EVERY = timedelta(hours=20)

# A percentile from which a person should look, how many at most per run, and how long a
# subscriber who was looked at is left alone.
CASE_FROM = 99_500
CASES_PER_RUN = 20
LEFT_ALONE = timedelta(days=180)
# From here on a score says what is unusual.
EXPLAINED_FROM = 99_000

# Labels of each class that each half of the held-out cases needs before they prove anything.
LABELS_MIN = 25


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Whether a percentile adds to the score on cases that the model of it never saw.

    Attributes:
        frauds, normals: in the half by which the two are weighed, and in the later one.
        score_auc, both_auc: areas under the ROC curve on the later half, of the score alone
            and of the score with the percentile; None where nothing was measured.
        gain_low, gain_high: the 95 % bootstrap interval of their difference.
    """

    frauds: tuple[int, int]
    normals: tuple[int, int]
    score_auc: float | None = None
    both_auc: float | None = None
    gain_low: float | None = None
    gain_high: float | None = None

    @property
    def has_enough_labels(self) -> bool:
        """Whether there are enough of both classes in both halves."""
        return min(*self.frauds, *self.normals) >= LABELS_MIN

    @property
    def adds(self) -> bool:
        """Whether the percentile may count in the score."""
        return self.has_enough_labels and self.gain_low is not None and self.gain_low > 0

    @property
    def sentence(self) -> str:
        """Why the percentile counts, or why not."""
        if not self.has_enough_labels:
            return (
                f"Not in the score: {sum(self.frauds)} confirmed frauds and"
                f" {sum(self.normals)} false positives were decided, and each half of them by"
                f" time needs {LABELS_MIN} of both."
            )
        assert None not in (self.score_auc, self.both_auc), "it was measured"
        measured = (
            f"AUC {self.score_auc:.3f} by the score alone and {self.both_auc:.3f} with the"
            f" percentile on {self.frauds[1]} frauds and {self.normals[1]} false positives held"
            f" out; the difference is between {self.gain_low:+.3f} and {self.gain_high:+.3f}"
            " (95 %)."
        )
        if self.adds:
            return f"In the score: {measured}"
        return f"Not in the score, because it adds nothing that is certain: {measured}"

    def content(self) -> dict[str, Any]:
        """The evaluation as JSON values."""
        return {
            "frauds": list(self.frauds),
            "normals": list(self.normals),
            "score_auc": self.score_auc,
            "both_auc": self.both_auc,
            "gain_low": self.gain_low,
            "gain_high": self.gain_high,
            "sentence": self.sentence,
        }


TITLES: Mapping[str, str] = {FOREST: "Isolation forest", AUTOENCODER: "Autoencoder"}
