"""The dashboard and the alarms ask for metrics that there are, and leave none out."""

import json
import re
from pathlib import Path

from django.conf import settings
from prometheus_client import REGISTRY

from config.metrics import READINGS

ROOT = Path(settings.BASE_DIR)
DASHBOARD = ROOT / "docker" / "grafana" / "tenure.json"
ALARMS = ROOT / "docker" / "prometheus" / "alerts.yml"
_NAME = re.compile(r"\btenure_[a-z_]+\b")
# What Prometheus hangs on to a histogram's name, and to a counter's.
_SUFFIX = re.compile(r"_(bucket|count|sum|total|created)$")


def metrics_there_are() -> set[str]:
    # A counter exists once it is imported.
    import imports.operations.counts  # noqa: F401
    import loyalty.ledger.counts  # noqa: F401

    counters = {family.name for family in REGISTRY.collect() if family.name.startswith("tenure_")}
    figures = {name for reading in READINGS for name in reading.figures}
    return counters | figures | {"tenure_figures_unread"}


def asked_for(text: str) -> set[str]:
    return {_SUFFIX.sub("", name) for name in _NAME.findall(text)}


def expressions() -> str:
    panels = json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]
    return "\n".join(target["expr"] for panel in panels for target in panel.get("targets", ()))


def alarms() -> str:
    return ALARMS.read_text(encoding="utf-8")


def test_the_dashboard_shows_every_metric_and_none_besides() -> None:
    assert asked_for(expressions()) == metrics_there_are()


def test_alarms_ask_for_metrics_that_there_are() -> None:
    assert asked_for(alarms()) <= metrics_there_are()


def test_every_alarm_has_a_name_of_its_own_and_says_what_is_the_matter() -> None:
    names = re.findall(r"alert: (\w+)", alarms())
    assert len(names) == len(set(names)) == alarms().count("summary:")
    assert all(name.startswith("Tenure") for name in names)


def test_every_metric_and_alarm_is_explained() -> None:
    said = (ROOT / "docs" / "observability.md").read_text(encoding="utf-8")
    explained = {_SUFFIX.sub("", name) for name in re.findall(r"^\| `(tenure_\w+)`", said, re.M)}
    assert explained == metrics_there_are()
    alarms_explained = set(re.findall(r"^\| `(Tenure\w+)`", said, re.M))
    assert alarms_explained == set(re.findall(r"alert: (\w+)", alarms()))
