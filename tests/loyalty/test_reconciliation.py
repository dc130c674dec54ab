"""What is kept is compared with what billing keeps, by totals and by items."""

import csv
import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from loyalty.operations.return_points import reverse_redemptions
from loyalty.operations.settle_redemptions import settle_redemptions
from loyalty.policy.reconciliation import Heading, Total
from loyalty.queries.reconciliation import Period, totals_by_day
from tests.books import dump
from tests.factories import give_back, post, register, reserve

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 17, 9, tzinfo=UTC)
DAY = timedelta(days=1)
TODAY = date(2026, 3, 17)
ITEMS = ("record", "subscriber_id", "id", "day", "kind", "amount")
TOTALS = ("day", "record", "kind", "count", "amount")
OURS = [
    ("charge", "ann", "c1", "2026-03-16", "service", "700.00"),
    ("charge", "ann", "c2", "2026-03-17", "service", "300.00"),
    ("refund", "ann", "r1", "2026-03-17", "chargeback", "50.00"),
    ("redemption", "ann", "d1", "2026-03-17", "bill_credit", "2.00"),
    ("credit", "ann", "d1", "2026-03-17", "bill_credit", "2.00"),
    ("reversal", "ann", "d1", "2026-03-17", "bill_credit", "2.00"),
]


@pytest.fixture(autouse=True)
def books() -> None:
    register("ann", now=NOW - 9 * DAY, activated_at=NOW - 9 * DAY)
    post("c1", "ann", amount_minor=70_000, occurred_at=NOW - DAY, now=NOW)
    post("c2", "ann", amount_minor=30_000, occurred_at=NOW, now=NOW)
    give_back("r1", "c1", "ann", amount_minor=5_000, reason="chargeback", occurred_at=NOW, now=NOW)
    reserve("d1", 200, "ann", now=NOW)
    settle_redemptions(redemption_ids=["d1"], now=NOW)
    reverse_redemptions(redemption_ids=["d1"], now=NOW)


@pytest.fixture
def compare(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    def compared(rows: Sequence[Sequence[str]], names: Sequence[str] = ITEMS, *said: str) -> Any:
        file = tmp_path / "billing.csv"
        with file.open("w", encoding="utf-8", newline="") as out:
            csv.writer(out).writerows([names, *rows])
        code = 0
        try:
            call_command("reconcile_billing", str(file), "--json", *said)
        except SystemExit as left:
            code = int(left.code or 0)
        answer = json.loads(capsys.readouterr().out)
        assert code == int(answer["differences"] > 0)
        return answer

    return compared


def changed(which: str, **said: str) -> list[list[str]]:
    """Ours, with the first item of a record changed."""
    rows = [list(row) for row in OURS]
    row = next(row for row in rows if row[0] == which)
    for name, value in said.items():
        row[ITEMS.index(name)] = value
    return rows


def test_totals_are_by_day_and_kind() -> None:
    totals = totals_by_day(Period(TODAY - DAY, TODAY + DAY))
    assert totals == {
        Heading(date.fromisoformat(day), record, kind): Total(1, round(float(amount) * 100))
        for record, _, _, day, kind, amount in OURS
    }
    assert totals_by_day(Period(TODAY + DAY, TODAY + 2 * DAY)) == {}


def test_days_are_those_of_the_program() -> None:
    # Half past midnight in Moscow, on the first of April.
    at = datetime(2026, 3, 31, 21, 30, tzinfo=UTC)
    post("late", "ann", occurred_at=at, now=at)
    assert not totals_by_day(Period(date(2026, 3, 31), date(2026, 4, 1)))
    [heading] = totals_by_day(Period(date(2026, 4, 1), date(2026, 4, 2)))
    assert heading.day == date(2026, 4, 1)


def test_both_sides_agree(compare: Any) -> None:
    before = dump()
    answer = compare(OURS)
    assert (answer["differences"], answer["since"]) == (0, "2026-03-16")
    assert dump() == before


@pytest.mark.parametrize(
    ("rows", "what"),
    [
        (OURS[1:], {"missing_there": 1}),
        ([*OURS, ("charge", "ann", "c9", "2026-03-16", "service", "1.00")], {"missing_here": 1}),
        ([*OURS, ("charge", "eve", "c1", "2026-03-16", "service", "1.00")], {"missing_here": 1}),
        (changed("charge", amount="699.99"), {"amount": 1}),
        (changed("charge", day="2026-03-17", amount="1.00"), {"amount+day": 1}),
        (changed("charge", kind="device"), {"kind": 1}),
        (changed("credit", amount="3.00"), {"amount": 1}),
        (changed("reversal", id="d2"), {"missing_there": 1, "missing_here": 1}),
        # What the file doesn't tell of is not asked about.
        (OURS[:2], {}),
    ],
)
def test_items_that_differ_are_listed(compare: Any, rows: Any, what: dict[str, int]) -> None:
    since = ("--since", "2026-03-16")
    assert compare(rows, ITEMS, *since)["counts"] == what


def test_both_sides_of_an_item_are_shown(compare: Any) -> None:
    [line] = compare(changed("refund", amount="40.00"))["first"]
    assert (line["record"], line["id"], line["what"]) == ("refund", "r1", "amount")
    assert (line["our_amount"], line["their_amount"]) == ("50.00", "40.00")


def test_all_differences_are_written(compare: Any, tmp_path: Path) -> None:
    output = tmp_path / "differences.csv"
    extra = [("charge", "ann", f"x{n}", "2026-03-16", "service", "1.00") for n in range(60)]
    answer = compare([*OURS, *extra], ITEMS, "--output", str(output))
    assert (answer["differences"], len(answer["first"])) == (60, 50)
    with output.open(encoding="utf-8", newline="") as file:
        assert {row["id"] for row in csv.DictReader(file)} == {row[2] for row in extra}


def test_only_the_days_asked_for_are_compared(compare: Any) -> None:
    rows = changed("charge", amount="1.00")
    assert compare(rows, ITEMS, "--since", "2026-03-17")["differences"] == 0
    assert compare(rows, ITEMS, "--until", "2026-03-17")["counts"] == {"amount": 1}


def test_totals_that_differ_are_listed(compare: Any) -> None:
    agreed = [(day, record, kind, "1", amount) for record, _, _, day, kind, amount in OURS]
    assert compare(agreed, TOTALS)["differences"] == 0
    split = [*agreed, ("2026-03-17", "charge", "service", "0", "0")]
    assert compare(split, TOTALS)["differences"] == 0
    [line] = compare([*agreed[1:], ("2026-03-16", "charge", "service", "2", "700")], TOTALS)[
        "first"
    ]
    assert (line["our_count"], line["their_count"]) == (1, 2)


@pytest.mark.parametrize(
    ("rows", "names", "said"),
    [
        (OURS, ("record", "id"), "names the columns"),
        ([], ITEMS, "no lines"),
        ([*OURS, OURS[0]], ITEMS, "comes twice"),
        (changed("charge", amount="1e-9"), ITEMS, "line 2: amount"),
        (changed("charge", amount="NaN"), ITEMS, "line 2: amount"),
        (changed("charge", amount="-1"), ITEMS, "line 2: amount"),
        (changed("charge", day="16.03.2026"), ITEMS, "line 2: day"),
        (changed("charge", kind="coffee"), ITEMS, "line 2: the kind of a charge"),
        (changed("charge", record="gift"), ITEMS, "line 2: record"),
        (changed("charge", id=""), ITEMS, "line 2: id"),
        (changed("charge", subscriber_id="x" * 65), ITEMS, "line 2: subscriber_id"),
        ([OURS[0][:4]], ITEMS, "line 2: it has another number of columns"),
        ([("2026-03-16", "charge", "service", "many", "1.00")], TOTALS, "line 2: count"),
    ],
)
def test_a_file_that_cant_be_read_is_refused(
    compare: Any, rows: Any, names: Sequence[str], said: str
) -> None:
    with pytest.raises(CommandError, match=said):
        compare(rows, names)


def test_every_line_that_cant_be_read_is_named(compare: Any) -> None:
    rows = [("gift", *row[1:]) for row in OURS]
    with pytest.raises(CommandError) as error:
        compare(rows)
    assert str(error.value).count("line ") == len(OURS)


def test_a_file_that_isnt_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="can't be read"):
        call_command("reconcile_billing", str(tmp_path / "none.csv"))


def test_a_period_ends_after_it_begins(compare: Any) -> None:
    with pytest.raises(CommandError, match="before"):
        compare(OURS, ITEMS, "--since", "2026-03-18", "--until", "2026-03-18")


SHARED = [
    pytest.param([], [("charge", "bob", "c1", "2026-03-17", "service", "1.00")], id="in the books"),
    pytest.param(
        [
            ("charge", "bob", "b1", "2026-03-17", "service", "1.00"),
            ("charge", "cid", "b1", "2026-03-17", "service", "1.00"),
        ],
        [],
        id="in the file",
    ),
    pytest.param(
        [("charge", "bob", "c2", "2026-03-17", "service", "300.00")], [], id="across both"
    ),
    pytest.param(
        [("refund", "bob", "r1", "2026-03-17", "chargeback", "50.00")], [], id="of a refund"
    ),
]


@pytest.mark.parametrize(("theirs", "ours"), SHARED)
def test_ids_under_several_subscribers_are_listed(
    compare: Any, theirs: Any, ours: Any, tmp_path: Path
) -> None:
    for _, subscriber, name, *_ in ours:
        register(subscriber, now=NOW - DAY)
        post(name, subscriber, amount_minor=100, occurred_at=NOW, now=NOW)
    output = tmp_path / "found.csv"
    answer = compare([*OURS, *theirs, *ours], ITEMS, "--output", str(output))
    said = {(row[0], row[2]) for row in (*theirs, *ours)}
    assert answer["shared_ids"] == len(said) == 1
    [(record, name)] = said
    subscribers = sorted({row[1] for row in (*OURS, *theirs, *ours) if row[2] == name})
    assert answer["first_shared"] == [{"record": record, "id": name, "subscribers": subscribers}]
    with output.open(encoding="utf-8") as file:
        written = [row for row in csv.DictReader(file) if row["what"] == "shared_id"]
    assert [row["subscriber_id"] for row in written] == subscribers
    assert "shared_id" not in answer["counts"]


def test_one_id_of_two_records_is_no_shared_one(compare: Any) -> None:
    answer = compare(OURS)
    assert (answer["differences"], answer["shared_ids"], answer["first_shared"]) == (0, 0, [])


def test_shared_ids_are_told_where_both_sides_agree(
    compare: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    register("bob", now=NOW - DAY)
    post("c1", "bob", amount_minor=100, occurred_at=NOW, now=NOW)
    both = [*OURS, ("charge", "bob", "c1", "2026-03-17", "service", "1.00")]
    assert compare(both)["differences"] == 0
    call_command("reconcile_billing", str(tmp_path / "billing.csv"))
    told = capsys.readouterr().out
    assert "Both sides agree" in told
    assert "charge c1: ann, bob" in told
