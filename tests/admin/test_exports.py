"""Every file that somebody takes out of the admin leaves a trace, and nothing else does."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.utils import IntegrityError
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import PersonalAccess, Subscriber
from audit.queries.trail import Asked, deeds
from doors.models import Export
from tests.admin.conftest import _browser_of
from tests.admin.test_reading_writes_nothing import addresses_of_the_admin, routes
from tests.population import populate

pytestmark = pytest.mark.django_db

# Files that hold nothing of anybody's.
EMPTY = "/sample/"


@pytest.fixture
def root(log_in: Any) -> Browser:
    populate(datetime.now(UTC))
    return _browser_of(User.objects.create_superuser("root", password="p"))


def traces() -> int:
    return Export.objects.count() + PersonalAccess.objects.count()


def test_every_address_that_sends_a_file_leaves_one_trace(root: Browser) -> None:
    files = []
    for route in routes():
        if not route.startswith("admin/") or "logout" in route:
            continue
        query = "?show=entries" if "statement" in route else ""
        for address in addresses_of_the_admin(route):
            before, looks = traces(), PersonalAccess.objects.count()
            answer = root.get(f"{address}{query}")
            is_file = "attachment" in answer.get("Content-Disposition", "")
            if is_file and EMPTY not in address:
                files.append(route)
                assert traces() == before + 1, address
                last = Export.objects.order_by("pk").last()
                if PersonalAccess.objects.count() == looks:
                    assert last is not None
                    assert (last.exported_by, last.page) == ("root", address)
                    assert last.file in answer["Content-Disposition"]
            else:
                assert Export.objects.count() == before - looks, address
    assert len(set(files)) >= 6, files
    assert any("statement" in route for route in files)


def test_the_trail_tells_who_took_which_statement(root: Browser) -> None:
    member = Subscriber.objects.get(external_id="olga")
    address = reverse("admin:loyalty_statement_csv", args=[member.pk])
    root.get(f"{address}?show=entries&as_of=2026-01-01T00:00", headers={"x-request-id": "r-1"})
    [deed] = deeds(Asked(kind="statement"))
    assert (deed.by, deed.label, deed.page, deed.request) == ("root", "olga", address, "r-1")
    assert deed.after is not None
    assert deed.after["file"] == f"entries-{member.pk}.csv"
    assert deed.after["asked"]["as_of"].startswith("2026-01-01T00:00:00+03:00")
    assert [each.table for each in deeds(Asked(kind="statement", object=str(member.pk)))]
    shown = root.get("/admin/trail/?kind=statement").content.decode()
    assert "taken out as a file" in shown
    assert f"/admin/accounts/subscriber/{member.pk}/change/" in shown


def test_the_trail_tells_who_took_the_trail_and_not_whom_they_looked_for(root: Browser) -> None:
    root.get("/admin/trail/export/?who=ann&words=olga")
    [deed] = deeds(Asked(kind="trail"))
    assert deed.after is not None
    assert deed.after["asked"] == {"who": "ann", "words": "…"}
    assert root.get("/admin/trail/?kind=trail").status_code == 200


def test_a_file_that_is_refused_leaves_no_trace(root: Browser) -> None:
    before = traces()
    root.get("/admin/trail/export/?since=x")
    assert traces() == before


@pytest.mark.parametrize(
    "statement", ["DELETE FROM doors_export", "UPDATE doors_export SET file = 'x'"]
)
def test_a_trace_stays(root: Browser, statement: str) -> None:
    root.get("/admin/trail/export/")
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
