"""The trail names whoever acted: a person, a client, or the clock; never a web server."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.test import Client as Browser

from audit.queries.trail import Asked, Deed, deeds
from config.program import program_name
from tests.browsing import Bearer

pytestmark = pytest.mark.django_db

JSON = "application/json"
WEBHOOK = {"webhook_id": "crm", "url": "https://crm.example.com/hooks", "events": []}


def told(**asked: Any) -> list[Deed]:
    return deeds(Asked(**asked))


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/api/v1/webhooks", WEBHOOK),
        ("PATCH", "/api/v1/webhooks/crm", {"description": "another"}),
        ("POST", "/api/v1/webhooks/crm/rotate-secret", {"rotation_id": "r"}),
        ("DELETE", "/api/v1/webhooks/crm", None),
    ],
)
def test_what_a_client_changes_is_the_clients_doing(
    bearer: Bearer, method: str, path: str, body: Any
) -> None:
    token, browser = bearer(), Browser()

    def send(method: str, path: str, body: Any) -> int:
        given = {} if body is None else {"data": body, "content_type": JSON}
        ask = getattr(browser, method.lower())
        return int(ask(path, headers={"authorization": token}, **given).status_code)

    if method != "POST" or path != "/api/v1/webhooks":
        assert send("POST", "/api/v1/webhooks", WEBHOOK) == 201
    assert send(method, path, body) < 300
    found = told(kind="webhook")
    assert found
    assert {deed.by for deed in found} == {"client:billing"}
    assert found[0].page == path


def test_a_password_that_is_hashed_anew_at_a_login_is_its_owners(settings: Any) -> None:
    hashers = "django.contrib.auth.hashers."
    settings.PASSWORD_HASHERS = [
        f"{hashers}PBKDF2PasswordHasher", f"{hashers}MD5PasswordHasher",
    ]  # fmt: skip
    user = User.objects.create_superuser("ann", password="p")
    User.objects.filter(pk=user.pk).update(password=make_password("p", hasher="md5"))
    assert Browser().post("/admin/login/", {"username": "ann", "password": "x"}).status_code == 200
    before = len(told(kind="user"))
    assert Browser().post("/admin/login/", {"username": "ann", "password": "p"}).status_code == 302
    [newest, *_] = found = told(kind="user")
    assert len(found) == before + 1
    assert (newest.action, newest.by) == ("password renewed", "ann")


def test_a_password_that_somebody_changes_is_their_doing(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    browser = Browser()
    browser.force_login(User.objects.create_superuser("ann", password="old"))
    said = {"old_password": "old", "new_password1": "a-new-one-1", "new_password2": "a-new-one-1"}
    assert browser.post("/admin/password_change/", said).status_code == 302
    assert told(kind="user")[0].by == "ann"


def test_a_second_factor_is_its_owners_from_the_first_step_on() -> None:
    browser = Browser()
    browser.force_login(User.objects.create_superuser("ann", password="p"))
    before = told(kind="second_factor")
    assert browser.get("/admin/second-factor/new/").status_code == 200
    assert told(kind="second_factor") == before
    assert browser.post("/admin/second-factor/new/", {"begin": "1"}).status_code == 302
    [newest, *others] = told(kind="second_factor")
    assert (newest.by, others) == ("ann", before)


@pytest.mark.parametrize(
    ("arguments", "beginning"),
    [
        (["/x/bin/celery", "-A", "config", "beat"], "clock"),
        (["/x/bin/celery", "-A", "config", "worker"], "clock"),
        (["manage.py", "changepassword", "ann"], "changepassword by "),
        (["manage.py", "createsuperuser"], "createsuperuser by "),
        (["manage.py", "migrate"], "migrate by "),
        (["/x/config/local/prepare/__main__.py"], "prepare by "),
        (["/x/bin/granian"], "granian by "),
    ],
)
def test_a_command_by_hand_names_the_user_of_the_machine(
    arguments: list[str], beginning: str
) -> None:
    said = program_name(arguments)
    assert said.startswith(beginning)
    assert said == "clock" or len(said) > len(beginning)


def test_weights_that_a_worker_learnt_are_the_draft_of_whoever_asked() -> None:
    from fraud.operations import run_trials
    from fraud.operations.learn_weights import Learnt
    from fraud.operations.request_trials import request_learning
    from fraud.policy.comparisons import LOGISTIC, Proposal
    from fraud.policy.rulesets import RuleSet

    now = datetime.now(UTC)
    request_learning(rule_set=1, since=now - timedelta(days=1), until=now, by="sue", now=now)

    def learnt(**_: Any) -> Learnt:
        proposal = Proposal(RuleSet(), LOGISTIC, ())
        return Learnt(proposal=proposal, frauds=30, normal=30, auc_before=None, auc=None)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run_trials, "learnt_from_verdicts", learnt)
        run_trials.run_next_trial(worker="w", clock=lambda: now)
    assert [deed.by for deed in told(kind="rule_set")][:1] == ["sue"]
