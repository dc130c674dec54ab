"""Models of unusual activity: what they find, when they count, and that they stop nothing."""

from datetime import datetime
from typing import Any

import pytest

from fraud.models import AnomalyModel, AnomalyScore
from fraud.operations.fit_anomalies import fit_anomalies
from fraud.operations.score_anomalies import score_anomalies
from tests.fraud.populations import ids_of, odd_people, usual_people
from tests.fraud.stories import NOW

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("kind", ["isolation_forest", "autoencoder"])
def test_the_unusual_are_found(kind: str) -> None:
    usual = usual_people(300, at=NOW)
    odd = odd_people(3, at=NOW)
    models = fit_anomalies(now=NOW)
    assert [model.kind for model in models] == ["autoencoder", "isolation_forest"]
    assert [model.sample_size for model in models] == [303, 303]
    scored = score_anomalies(now=NOW)
    assert (scored.subscribers, scored.broken) == (303, ())
    said = dict(
        AnomalyScore.objects.filter(kind=kind).values_list("subscriber", "percentile_thousandths")
    )
    assert min(said[each] for each in ids_of(odd)) > max(said[each] for each in ids_of(usual))
