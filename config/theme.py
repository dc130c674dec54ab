"""How the admin looks, and what its side bar leads to."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

ENVIRONMENT_COLOURS = {"production": "danger", "staging": "warning"}


def environment_label(request: HttpRequest) -> list[str] | None:
    """The name of this installation and its colour, so that nobody mistakes it for another."""
    name = settings.ENVIRONMENT_NAME
    return [name, ENVIRONMENT_COLOURS.get(name.lower(), "info")] if name else None


def _allowed(permission: str) -> Callable[[HttpRequest], bool]:
    return lambda request: request.user.has_perm(permission)


def _item(title: Any, icon: str, page: str, permission: str) -> dict[str, Any]:
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{page}_changelist"),
        "permission": _allowed(permission),
    }


def _page(title: Any, icon: str, name: str, permission: str) -> dict[str, Any]:
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(name),
        "permission": _allowed(permission),
    }


NAVIGATION = [
    {
        "items": [
            {"title": _("Overview"), "icon": "monitoring", "link": reverse_lazy("admin:index")}
        ]
    },
    {
        "title": _("Members"),
        "items": [
            _item(_("Subscribers"), "group", "accounts_subscriber", "accounts.view_subscriber"),
            _item(_("Referrals"), "share", "referrals_referral", "referrals.view_referral"),
            _item(_("Redemptions"), "redeem", "loyalty_redemption", "loyalty.view_redemption"),
            _item(_("Payouts"), "payments", "loyalty_payout", "loyalty.view_payout"),
        ],
    },
    {
        "title": _("Fraud"),
        "items": [
            _item(_("Cases"), "gpp_maybe", "fraud_case", "fraud.view_case"),
            _item(_("Assessments"), "query_stats", "fraud_assessment", "fraud.view_assessment"),
            _item(
                _("Block list"),
                "block",
                "fraud_blockedidentifier",
                "fraud.view_blockedidentifier",
            ),
            _item(
                _("Crowded identifiers"),
                "groups",
                "fraud_crowdedidentifier",
                "fraud.view_crowdedidentifier",
            ),
            _item(
                _("Meaningless identifiers"),
                "do_not_disturb_on",
                "fraud_meaninglessidentifier",
                "fraud.view_meaninglessidentifier",
            ),
            _item(
                _("Standings"),
                "person_alert",
                "fraud_subscriberstanding",
                "fraud.view_subscriberstanding",
            ),
            _item(
                _("Silenced rules"),
                "notifications_paused",
                "fraud_rulesnooze",
                "fraud.view_rulesnooze",
            ),
            _item(_("Rule sets"), "tune", "fraud_rulesetversion", "fraud.view_rulesetversion"),
            _item(_("Trials of rule sets"), "science", "fraud_trial", "fraud.view_trial"),
            _page(_("Fraud figures"), "bar_chart", "fraud-figures", "fraud.view_case"),
            _page(_("Anomalies"), "scatter_plot", "fraud-anomalies", "fraud.view_case"),
        ],
    },
    {
        "title": _("Program"),
        "items": [
            _item(_("Program terms"), "gavel", "loyalty_termsversion", "loyalty.view_termsversion"),
        ],
    },
    {
        "title": _("Operation"),
        "items": [
            _item(_("Imports"), "upload_file", "imports_import", "imports.view_import"),
            _item(_("Webhooks"), "webhook", "outbox_endpoint", "outbox.view_endpoint"),
            _item(_("Messages"), "outgoing_mail", "outbox_message", "outbox.view_message"),
            _item(_("API clients"), "key", "doors_client", "doors.view_client"),
            _item(_("Groups of clients"), "group", "doors_clientgroup", "doors.view_clientgroup"),
            _item(
                _("Issued tokens"),
                "token",
                "oauth2_provider_accesstoken",
                "oauth2_provider.view_accesstoken",
            ),
            _item(
                _("Clock"),
                "schedule",
                "django_celery_beat_periodictask",
                "django_celery_beat.view_periodictask",
            ),
        ],
    },
    {
        "title": _("Personal data"),
        "items": [
            _item(
                _("Looks"), "visibility", "accounts_personalaccess", "accounts.view_personalaccess"
            ),
            _item(_("Erasures"), "person_off", "accounts_erasure", "accounts.view_erasure"),
        ],
    },
    {
        "title": _("People"),
        "items": [
            _item(_("Users"), "person", "auth_user", "auth.view_user"),
            _item(_("Roles"), "badge", "auth_group", "auth.view_group"),
            _page(_("Audit trail"), "history", "audit-trail", "audit.view_trail"),
            _item(
                _("Second factors"),
                "phonelink_lock",
                "otp_totp_totpdevice",
                "otp_totp.view_totpdevice",
            ),
            _item(
                _("Failed logins"), "lock_person", "axes_accessattempt", "axes.view_accessattempt"
            ),
        ],
    },
]

UNFOLD: dict[str, Any] = {
    "LOGIN": {"form": "doors.logins.LoginForm"},
    "SITE_TITLE": "Tenure",
    "SITE_HEADER": "Tenure",
    "SITE_SUBHEADER": _("Loyalty program"),
    "SITE_SYMBOL": "loyalty",
    "SITE_URL": "/api/v1/docs",
    # Pages whose objects stand in the audit trail show it by themselves.
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_BACK_BUTTON": False,
    "SHOW_LANGUAGES": True,
    "ENVIRONMENT": "config.theme.environment_label",
    "DASHBOARD_CALLBACK": "config.dashboard.home",
    "ACCOUNT": {
        "navigation": [
            {"title": _("Change password"), "link": reverse_lazy("admin:password_change")},
            {"title": _("My second factor"), "link": reverse_lazy("second-factor-mine")},
        ]
    },
    "SCRIPTS": [lambda request: static("doors/session.js")],
    "STYLES": [lambda request: static("doors/admin.css")],
    "BORDER_RADIUS": "6px",
    "COLORS": {
        "primary": {
            "50": "oklch(98.4% .014 180.72)",
            "100": "oklch(95.3% .051 180.801)",
            "200": "oklch(91% .096 180.426)",
            "300": "oklch(85.5% .138 181.071)",
            "400": "oklch(77.7% .152 181.912)",
            "500": "oklch(64% .12 184)",
            "600": "oklch(51.1% .096 186.391)",
            "700": "oklch(43.7% .078 188.216)",
            "800": "oklch(38.6% .063 188.416)",
            "900": "oklch(32% .053 188)",
            "950": "oklch(27.7% .046 192.524)",
        },
    },
    "SIDEBAR": {"show_search": False, "show_all_applications": False, "navigation": NAVIGATION},
}
