"""`evaluate_fraud`: causal figures of a file, and nothing written."""

import csv
import gzip
import json
from io import StringIO
from os import environ
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from accounts.models import Identifier, IdentifierUse, Subscriber
from fraud.management.sign_up_files import sign_ups_in
from fraud.models import Assessment, Case
from fraud.operations.replay_sign_ups import replay_sign_ups
from fraud.policy.intervals import share_of
from fraud.policy.rulesets import RuleSet
from fraud.policy.sign_ups import halves
from outbox.models import Event
from tests.fraud.sign_up_files import HEADER, crowd, line, written

pytestmark = pytest.mark.django_db
# Beside the clone, where there is one.
GIVEN = Path(settings.BASE_DIR).parent / "shared" / "data" / "fraudecom_given.csv.gz"


def evaluate(*args: str) -> dict[str, Any]:
    out = StringIO()
    call_command("evaluate_fraud", *args, "--json", stdout=out)
    said: dict[str, Any] = json.loads(out.getvalue())
    return said


def test_tells_rings_from_normal_users_and_writes_nothing(tmp_path: Path) -> None:
    said = evaluate(written(tmp_path / "given.csv", crowd(12, 400, "g")))
    assert (said["users"], said["frauds"]) == (436, 36)
    assert said["auc"] == pytest.approx(1.0)
    assert (said["true_positive_rate"], said["false_positive_rate"]) == (1.0, 0.0)
    assert 0 < said["false_positive_rate_upper"] < 0.01
    for model in (Subscriber, Identifier, IdentifierUse, Assessment, Case, Event):
        assert not model.objects.exists()


def test_learns_from_one_file_and_measures_on_another(tmp_path: Path) -> None:
    given = written(tmp_path / "given.csv", crowd(12, 2_500, "g"))
    unseen = written(tmp_path / "unseen.csv", crowd(5, 100, "u"))
    said = evaluate(unseen, "--fit", given, "--threshold-from", given)
    assert said["auc"] == pytest.approx(1.0)
    assert said["false_positive_rate"] == 0.0
    weights = said["rule_set"]["weights"]
    assert float(weights["redemption_haste"]) > 0
    # What the file can't tell of keeps its weight.
    assert weights["chargeback_rate"] == "0.25"
    assert all(float(weight) >= 0 for weight in weights.values())


def test_nobody_counts_who_came_later(tmp_path: Path) -> None:
    path = written(
        tmp_path / "f.csv",
        [
            line(0, after=0, device="d"),
            line(0, after=5, device="d"),
            line(5, after=0, device="d"),
            line(9, after=0, device="e", ip="16909060.7"),
            line(8, after=90, device="f", ip="1.2.3.4"),
        ],
    )
    found = replay_sign_ups(
        sign_ups=sign_ups_in(path), limits=RuleSet().limits, advance=lambda _: None
    )
    # In the order of purchases: the first alone; then the second, who has seen the first only;
    # then the third.
    assert [each.facts.accounts_on_device for each in found] == [0, 1, 2, 0, 0]
    assert [each.facts.minutes_to_first_redemption for each in found] == [0, 5, 0, 0, 90]
    assert [each.facts.accounts_on_ip for each in found] == [None, None, None, 1, 1]
    assert found[4].facts.ip is not None
    assert found[4].facts.ip.country == "AU"


def test_a_gzipped_file_and_halves_that_share_nothing(tmp_path: Path) -> None:
    path = written(tmp_path / "f.csv", crowd(40, 3_000, "g"))
    first, second = halves(sign_ups_in(path))
    of = [{i.digest for each in half for i in each.identifiers} for half in (first, second)]
    assert not of[0] & of[1]
    assert abs(len(first) - len(second)) <= 3
    out = StringIO()
    call_command("evaluate_fraud", path, "--halves", "--json", stdout=out)
    said = [json.loads(each) for each in out.getvalue().splitlines()]
    assert [each["auc"] for each in said] == pytest.approx([1.0, 1.0])


def test_both_models_are_compared_on_parts_of_a_file(tmp_path: Path) -> None:
    path = written(tmp_path / "f.csv", crowd(60, 1_500, "g"))
    out = StringIO()
    call_command("evaluate_fraud", path, "--compare", "--json", stdout=out)
    said = [json.loads(each) for each in out.getvalue().splitlines()]
    # Rings come early: the later half has too few frauds to compare by.
    assert [each["way"] for each in said] == ["disjoint"]
    for model in ("logistic", "boosted"):
        assert said[0][model]["auc"] == pytest.approx(1.0, abs=1e-3)
    assert said[0]["is_won"] is False
    call_command("evaluate_fraud", path, "--compare", stdout=out)
    assert "AUC, boosted less logistic" in out.getvalue()
    assert not Subscriber.objects.exists()


@pytest.mark.parametrize(
    "options",
    [("--halves", "--fit", "x"), ("--compare", "--fit", "x"), ("--compare", "--halves")],
)
def test_what_learns_from_the_file_alone_takes_no_other(options: tuple[str, ...]) -> None:
    with pytest.raises(CommandError, match="from FILE alone"):
        evaluate("f.csv", *options)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no column"),
        ("a,b\n1,2\n", "no column signup_time"),
        (HEADER + "\n", "no rows"),
        (HEADER + "\n2015-13-01,2015-01-01 10:00,d,,0,1\n", "line 2: signup_time"),
        (HEADER + "\n2015-01-02,2015-01-01,d,,0,1\n", "before signup_time"),
        (HEADER + "\n2015-01-01,2015-01-01,d,,yes,1\n", "class is 0 or 1"),
        (HEADER + "\n2015-01-01,2015-01-01,d,1.2.3.400,0,1\n", "not an IP address"),
        (HEADER + "\n2015-01-01,2015-01-01,d,99999999999,0,1\n", "ip_address"),
        (HEADER + "\n2015-01-01,2015-01-01,d,,0,nan\n", "purchase_value"),
        (HEADER + "\n2015-01-01,2015-01-01\n", "line 2: class is 0 or 1"),
    ],
)
def test_says_what_is_wrong_with_a_file(text: str, says: str, tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CommandError, match=says):
        evaluate(str(path))


def test_says_what_is_wrong_with_no_file(tmp_path: Path) -> None:
    (tmp_path / "f.csv.gz").write_bytes(b"no gzip at all")
    for path in (tmp_path / "absent.csv", tmp_path, tmp_path / "f.csv.gz"):
        with pytest.raises(CommandError, match="can't be read"):
            evaluate(str(path))


def test_refuses_to_learn_from_too_few(tmp_path: Path) -> None:
    few = written(tmp_path / "few.csv", crowd(2, 100, "g"))
    with pytest.raises(CommandError, match="at least 30 frauds"):
        evaluate(few, "--fit", few)


def test_few_normal_users_leave_a_threshold_that_stops_none_of_them(tmp_path: Path) -> None:
    few = written(tmp_path / "few.csv", crowd(12, 40, "g"))
    said = evaluate(few, "--fit", few)
    assert (said["true_positive_rate"], said["false_positive_rate"]) == (1.0, 0.0)
    assert said["false_positive_rate_upper"] > 0.01


def fifth_of(path: Path, into: Path) -> Path:
    """A fifth of a file's devices, each with all of its sign-ups: the whole takes a minute."""
    with gzip.open(path, "rt", encoding="utf-8") as given, into.open("w", encoding="utf-8") as kept:
        rows = csv.DictReader(given)
        written = csv.DictWriter(kept, rows.fieldnames or [])
        written.writeheader()
        written.writerows(row for row in rows if not crc32(row["device_id"].encode()) % 5)
    return into


def test_the_default_weights_do_as_well_as_promised(tmp_path: Path) -> None:
    if named := environ.get("FRAUD_SIGN_UPS"):
        path = Path(named)
    elif GIVEN.is_file():
        path = fifth_of(GIVEN, tmp_path / "fifth.csv")
    else:
        pytest.skip(f"no sign-ups to measure on: FRAUD_SIGN_UPS is not set, {GIVEN} is absent")
    said = evaluate(str(path))
    assert said["auc"] >= 0.78
    assert said["true_positive_rate"] >= 0.53
    assert said["false_positive_rate_upper"] < 0.01


def test_both_models_do_on_the_given_file_as_is_published() -> None:
    named = environ.get("FRAUD_SIGN_UPS")
    if not named:
        pytest.skip("no sign-ups to measure on: FRAUD_SIGN_UPS is not set (it takes minutes)")
    out = StringIO()
    call_command("evaluate_fraud", named, "--compare", "--json", stdout=out)
    disjoint, in_time = (json.loads(each) for each in out.getvalue().splitlines())
    # docs/fraud.md, "Measured on public sign-ups".
    assert disjoint["logistic"]["auc"] == pytest.approx(0.7957, abs=0.002)
    assert disjoint["boosted"]["auc"] == pytest.approx(0.7947, abs=0.002)
    assert in_time["logistic"]["auc"] == pytest.approx(0.5492, abs=0.005)
    assert in_time["boosted"]["auc"] == pytest.approx(0.5490, abs=0.005)
    assert disjoint["logistic"]["at_limit"][0] / 2_908 == pytest.approx(0.5684, abs=0.005)
    stopped, normal = disjoint["logistic"]["stopped"]
    assert share_of(stopped, normal).upper < 0.01
    assert [each["is_won"] for each in (disjoint, in_time)] == [False, False]
