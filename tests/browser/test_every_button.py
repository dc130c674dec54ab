"""Each button and link of each page does something, for each role."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.test import Client
from django.urls import reverse

from accounts.models import Subscriber
from fraud.models import Case, RuleSetVersion, Trial
from loyalty.models import TermsVersion
from tests.admin.test_roles import ROLES
from tests.browser.conftest import LogIn
from tests.browser.crawl import Walk
from tests.population import populate

# Whose pages of versions have buttons that depend on the version's state.
CHANGING = ("Program manager", "Senior fraud analyst")


def test_every_button_and_link_leads_somewhere(log_in: LogIn, now: datetime, site: str) -> None:
    populate(now)
    faults: list[str] = []
    for role in ROLES:
        page = log_in(role.replace(" ", "-"), role)
        # It is a long walk, and the machine may have other work.
        page.set_default_timeout(60_000)
        walk = Walk(page, client_of(page), role)
        walk.over(["/admin/", *pages_of(walk.client, role)])
        faults += walk.faults
        assert walk.pages > 8, role
        page.close()
    assert faults == []


def client_of(page: Any) -> Client:
    """A browser of the tests, in the session of a real one."""
    client = Client()
    [session] = [
        each for each in page.context.cookies() if each["name"] == settings.SESSION_COOKIE_NAME
    ]
    client.cookies[settings.SESSION_COOKIE_NAME] = session["value"]
    return client


def pages_of(client: Client, role: str) -> list[str]:
    """Pages whose buttons depend on what they show, one for each state."""
    seeds = [("fraud_trial", each.pk) for each in Trial.objects.order_by("pk")]
    if role in CHANGING:
        seeds += [
            *(("fraud_rulesetversion", each.pk) for each in RuleSetVersion.objects.order_by("pk")),
            *(("loyalty_termsversion", each.pk) for each in TermsVersion.objects.order_by("pk")),
        ]
    addresses = [reverse(f"admin:{name}_change", args=[key]) for name, key in seeds]
    addresses += [reverse("admin:fraud_rules_shadow", args=[5])]
    olga = Subscriber.objects.get(external_id="olga").pk
    statement = reverse("admin:loyalty_statement", args=[olga])
    parts = ("overview", "entries", "billed", "redemptions", "payouts")
    addresses += [f"{statement}?show={part}" for part in parts]
    case = Case.objects.filter(status="open", claimed_by=None).earliest("pk")
    # Whoever may, holds a case: its page has a verdict's form then.
    client.post(reverse("admin:fraud_case_claim", args=[case.pk]))
    addresses.append(reverse("admin:fraud_case_change", args=[case.pk]))
    return [each for each in addresses if client.get(each).status_code == 200]
