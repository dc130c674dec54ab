"""Bring fitted models back from their rows."""

import logging
from datetime import datetime
from hashlib import sha256

from fraud.models import AnomalyModel
from fraud.policy.anomalies import ANOMALY_KINDS
from fraud.policy.detectors import LIBRARY, ArtefactBroken, Detector, read
from fraud.policy.features import NAMES
from fraud.queries.anomalies import live_model

_log = logging.getLogger(__name__)


def load_live(*, now: datetime) -> tuple[list[tuple[AnomalyModel, Detector]], list[AnomalyModel]]:
    """The live models that can be loaded, and those that can't, which are logged as errors."""
    loaded, broken = [], []
    for kind in ANOMALY_KINDS:
        model = live_model(kind=kind, at=now)
        if model is None:
            continue
        try:
            loaded.append((model, load(model)))
        except ArtefactBroken as fault:
            _log.error("Anomaly model %s can't be loaded: %s", model, fault)
            broken.append(model)
    return loaded, broken


def load(model: AnomalyModel) -> Detector:
    """The detector that a row keeps.

    Raises:
        ArtefactBroken: it is not what was fitted, or this release can't read it.
    """
    artefact = bytes(model.artefact)
    if sha256(artefact).digest() != bytes(model.artefact_sha256):
        raise ArtefactBroken("The artefact is not the one that was fitted: its digest differs.")
    if model.library != LIBRARY:
        raise ArtefactBroken(f"It was made by {model.library}, and this is {LIBRARY}.")
    if model.features != list(NAMES):
        raise ArtefactBroken("It was fitted on other features.")
    return read(model.kind, artefact)
