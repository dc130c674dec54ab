"""Every operation of the API against every scope: what opens it opens it, and nothing else does.

The operations come from the OpenAPI document and the addresses, so that a new one fails here
until it stands in the table.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
from django.test import Client as Browser
from django.urls import URLPattern, URLResolver, get_resolver
from drf_spectacular.generators import SchemaGenerator
from oauth2_provider.models import AccessToken

from doors.api.views import ApiView
from doors.models import Client
from doors.scopes import SCOPES

pytestmark = pytest.mark.django_db

Bearer = Callable[..., str]

# What opens each operation: one scope of these is enough, and nothing else will do.
OPENED_BY: dict[str, set[str]] = {
    "GET /api/v1/cases": {"cases:read"},
    "GET /api/v1/cases/{case_id}": {"cases:read"},
    "POST /api/v1/cases/{case_id}/claim": {"cases:write"},
    "POST /api/v1/cases/{case_id}/escalate": {"cases:write"},
    "POST /api/v1/cases/{case_id}/snooze": {"cases:write"},
    "POST /api/v1/cases/{case_id}/verdict": {"cases:write"},
    "POST /api/v1/charges": {"charges:write"},
    "POST /api/v1/charges/{charge_id}/refunds": {"refunds:write"},
    "POST /api/v1/refunds/{refund_id}/reverse": {"refunds:write"},
    "POST /api/v1/charges/batch": {"charges:write"},
    "GET /api/v1/imports": {"imports:read"},
    "POST /api/v1/imports": {"imports:write"},
    "GET /api/v1/imports/{import_id}": {"imports:read"},
    "GET /api/v1/imports/{import_id}/errors": {"imports:read"},
    "GET /api/v1/imports/{import_id}/stale": {"imports:read"},
    "GET /api/v1/payouts": {"payouts:read"},
    "GET /api/v1/payouts/{payout_id}": {"payouts:read"},
    "GET /api/v1/program": {"program:read"},
    "POST /api/v1/program/preview": {"program:read"},
    "GET /api/v1/redemptions": {"redemptions:read"},
    "POST /api/v1/redemptions": {"redemptions:write"},
    "GET /api/v1/redemptions/{redemption_id}": {"redemptions:read"},
    "POST /api/v1/redemptions/{redemption_id}/release": {"redemptions:write"},
    "POST /api/v1/redemptions/{redemption_id}/reverse": {"redemptions:write"},
    "POST /api/v1/redemptions/{redemption_id}/settle": {"redemptions:write"},
    "GET /api/v1/referrals": {"referrals:read"},
    "POST /api/v1/referrals": {"referrals:write"},
    "GET /api/v1/referrals/{referral_id}": {"referrals:read"},
    "GET /api/v1/reports/fraud": {"reports:read"},
    "GET /api/v1/reports/reconciliation": {"reports:read"},
    "GET /api/v1/subscribers/{subscriber_id}": {"subscribers:read"},
    "PUT /api/v1/subscribers/{subscriber_id}": {"subscribers:write"},
    "GET /api/v1/subscribers/{subscriber_id}/personal": {"personal:read"},
    "GET /api/v1/subscribers/{subscriber_id}/entries": {"wallets:read"},
    "GET /api/v1/subscribers/{subscriber_id}/referral-code": {"referrals:read"},
    "GET /api/v1/subscribers/{subscriber_id}/tier": {"wallets:read"},
    "GET /api/v1/subscribers/{subscriber_id}/wallet": {"wallets:read"},
    "GET /api/v1/webhooks": {"webhooks:read"},
    "POST /api/v1/webhooks": {"webhooks:write"},
    "GET /api/v1/webhooks/{webhook_id}": {"webhooks:read"},
    "PATCH /api/v1/webhooks/{webhook_id}": {"webhooks:write"},
    "DELETE /api/v1/webhooks/{webhook_id}": {"webhooks:write"},
    "GET /api/v1/webhooks/{webhook_id}/messages": {"webhooks:read"},
    "POST /api/v1/webhooks/{webhook_id}/replay": {"webhooks:write"},
    "POST /api/v1/webhooks/{webhook_id}/rotate-secret": {"webhooks:write"},
    "POST /api/v1/webhooks/{webhook_id}/test": {"webhooks:write"},
}

# Opens no operation, and is asked for inside one: an escalated case's verdict.
WITHIN_AN_OPERATION = {"cases:senior"}

# Addresses outside the admin that stand in no table, because they ask for no token.
PUBLIC = {
    "api/v1/docs",
    "api/v1/schema",
    "oauth/revoke_token",
    "oauth/token",
    "problems",
    "problems/<slug:code>",
    "^(?:api|oauth|problems)(?:/|$)",
}

CLOSED = (401, 403)
NOBODY = "00000000-0000-0000-0000-000000000000"


@cache
def documented() -> dict[str, dict[str, Any]]:
    document = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return {
        f"{method.upper()} {path}": operation
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }


@pytest.fixture
def call(browser: Browser) -> Callable[..., Any]:
    """Return a function that calls an operation with an empty body and some header."""

    def send(operation: str, authorization: str | None) -> Any:
        method, _, path = operation.partition(" ")
        described = documented()[operation]
        for parameter in described.get("parameters", ()):
            # Nothing is called so.
            said = NOBODY if parameter["schema"].get("format") == "uuid" else "0"
            path = path.replace(f"{{{parameter['name']}}}", said)
        is_upload = "multipart/form-data" in described.get("requestBody", {}).get("content", {})
        kind = "multipart/form-data; boundary=x" if is_upload else "application/json"
        body = "" if method == "GET" else "{}"
        headers = {} if authorization is None else {"authorization": authorization}
        return browser.generic(method, path, body, content_type=kind, headers=headers)

    return send


@pytest.fixture
def tokens(bearer: Bearer) -> dict[str, str]:
    """A token for each scope alone."""
    return {scope: bearer(scope) for scope in SCOPES}


def test_the_table_lists_every_operation_and_none_besides() -> None:
    assert set(OPENED_BY) == set(documented())


def test_the_table_lists_every_scope_and_none_besides() -> None:
    assert set().union(*OPENED_BY.values()) | WITHIN_AN_OPERATION == set(SCOPES)


def test_the_document_says_what_opens_an_operation() -> None:
    said = {
        operation: {scope for way in found["security"] for scope in way["oauth2"]}
        for operation, found in documented().items()
    }
    assert said == OPENED_BY


def test_every_other_address_is_known_to_be_public() -> None:
    paths = {operation.partition(" ")[2].lstrip("/") for operation in documented()}
    shapes = {_shape(path) for path in paths}
    others = {
        route
        for route, pattern in _addresses(get_resolver().url_patterns)
        if not route.startswith("admin/") and _shape(route) not in shapes
    }
    assert others == PUBLIC


def test_only_public_addresses_ask_for_no_scope() -> None:
    for route, pattern in _addresses(get_resolver().url_patterns):
        view = getattr(pattern.callback, "view_class", None)
        if isinstance(view, type) and issubclass(view, ApiView):
            assert (view.required_scopes is None) == (route in PUBLIC), route


@pytest.mark.parametrize("operation", OPENED_BY)
def test_is_opened_by_its_scope_and_by_no_other(
    operation: str, call: Callable[..., Any], tokens: dict[str, str]
) -> None:
    statuses = {scope: call(operation, header).status_code for scope, header in tokens.items()}
    assert {s for s, status in statuses.items() if status not in CLOSED} == OPENED_BY[operation]
    assert {status for status in statuses.values() if status in CLOSED} == {403}
    assert all(status < 500 for status in statuses.values()), statuses


@pytest.mark.parametrize("operation", OPENED_BY)
def test_stays_closed_without_a_good_token(
    operation: str, call: Callable[..., Any], bearer: Bearer, api_client: Client
) -> None:
    nothing, expired, revoked = bearer("-"), bearer(lives=timedelta(seconds=-1)), bearer()
    AccessToken.objects.latest("id").delete()
    statuses = {
        "no header": call(operation, None).status_code,
        "no token": call(operation, "Bearer").status_code,
        "another scheme": call(operation, revoked.replace("Bearer", "Basic")).status_code,
        "garbage": call(operation, "Bearer " + "x" * 30).status_code,
        "expired": call(operation, expired).status_code,
        "revoked": call(operation, revoked).status_code,
        "no scope": call(operation, nothing).status_code,
    }
    assert statuses.pop("no scope") == 403
    assert set(statuses.values()) == {401}, statuses


@pytest.mark.parametrize("operation", OPENED_BY)
def test_a_disabled_client_opens_nothing(
    operation: str, call: Callable[..., Any], bearer: Bearer, api_client: Client
) -> None:
    header = bearer()
    Client.objects.update(is_enabled=False)
    assert call(operation, header).status_code == 401


def _addresses(
    patterns: list[URLPattern | URLResolver], before: str = ""
) -> Iterator[tuple[str, URLPattern]]:
    for each in patterns:
        route = before + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from _addresses(each.url_patterns, route)
        else:
            yield route, each


def _shape(path: str) -> str:
    """A path with its parameters made alike: `{charge_id}` and `<client_id:charge_id>`."""
    parts = path.split("/")
    return "/".join("*" if part[:1] in ("{", "<") else part for part in parts)
