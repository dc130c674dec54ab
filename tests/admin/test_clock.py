"""The clock's schedule in the admin, for those who may change it."""

import re

import pytest
from django.test import Client as Browser
from django.urls import reverse
from django_celery_beat.models import CrontabSchedule, PeriodicTask

pytestmark = pytest.mark.django_db

LIST = reverse("admin:django_celery_beat_periodictask_changelist")
ADD = reverse("admin:django_celery_beat_periodictask_add")
# A script without an address is within the page; data for scripts is no script.
WITHIN = re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)(?![^>]*\bnonce=)[^>]*>")


@pytest.fixture
def task(db: None) -> PeriodicTask:
    nightly = CrontabSchedule.objects.create(minute="5", hour="3")
    return PeriodicTask.objects.create(name="Nightly", task="expire", crontab=nightly)


def test_no_page_of_a_task_brings_a_script_within_it(manager: Browser, task: PeriodicTask) -> None:
    page = reverse("admin:django_celery_beat_periodictask_change", args=[task.pk])
    for address in (ADD, page):
        answer = manager.get(address)
        assert answer.status_code == 200
        assert WITHIN.findall(answer.content.decode()) == [], address


def test_a_task_is_changed_on_its_page(manager: Browser, task: PeriodicTask) -> None:
    page = reverse("admin:django_celery_beat_periodictask_change", args=[task.pk])
    form = manager.get(page).context["adminform"].form
    said = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
    sent = {name: value for name, value in said.items() if value not in (None, "", False)}
    answer = manager.post(page, {**sent, "description": "By hand."})
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    task.refresh_from_db()
    assert (task.description, task.enabled) == ("By hand.", True)
    assert task.crontab_id == said["crontab"]


def test_the_list_says_when_each_task_runs(manager: Browser, task: PeriodicTask) -> None:
    assert str(task.crontab) in manager.get(LIST).content.decode()
