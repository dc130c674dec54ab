"""The admin's first page: the program in figures, each leading to what it counts."""

from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.apps import apps
from django.core.cache import cache
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from config.announcements import announced
from doors.amounts import points_shown, roubles_shown
from doors.moments import moment_shown
from loyalty.policy.terms import TIERS
from loyalty.queries.program_figures import ProgramFigures, program_figures
from loyalty.queries.terms import terms_calendar

KEPT_SECONDS = 60
_KEY = "program-figures"
IMPORT_MODEL = ("imports", "Import")


class Figure(NamedTuple):
    """One number, what it counts, and where that is shown."""

    name: Any
    value: str
    note: Any
    link: str = ""
    is_alarming: bool = False


def home(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What the first page shows to this user: only figures of what they may view."""
    figures = _figures()
    groups = [
        (_("Members"), _members(figures), "accounts.view_subscriber"),
        (_("Points"), _points(figures), "loyalty.view_wallet"),
        (_("Waiting"), _waiting(figures), "loyalty.view_payout"),
    ]
    last_import = _last_import(request)
    return context | {
        "title": _("Overview"),
        "figures_at": figures.at,
        "is_empty": not figures.subscribers,
        "figure_groups": [
            (title, shown)
            for title, shown, permission in groups
            if request.user.has_perm(permission)
        ],
        "announced": announced(request, now=datetime.now(UTC)),
        "last_import": [last_import] if last_import else [],
        "terms_in_force": terms_calendar().at(datetime.now(UTC)).number,
        "may_view_terms": request.user.has_perm("loyalty.view_termsversion"),
    }


def _figures() -> ProgramFigures:
    """Sums over whole tables, at most a minute old."""
    kept: ProgramFigures | None = cache.get(_KEY)
    if kept is None or not kept.subscribers:
        kept = program_figures(now=datetime.now(UTC))
        cache.set(_KEY, kept, KEPT_SECONDS)
    return kept


def _members(figures: ProgramFigures) -> list[Figure]:
    """Active subscribers by tier; whoever is suspended or has left is told apart."""
    listed = reverse("admin:accounts_subscriber_changelist")

    def of_status(status: str) -> str:
        return points_shown(figures.of_status(status))

    tiers = [
        Figure(
            _(tier.capitalize()),
            points_shown(figures.members_in(tier)),
            _("members"),
            f"{listed}?status__exact=active&tier={tier}",
        )
        for tier in TIERS
    ]
    return [
        Figure(
            _("Members"),
            of_status("active"),
            _("active subscribers"),
            f"{listed}?status__exact=active",
        ),
        *tiers,
        Figure(
            _("No wallet yet"),
            points_shown(figures.members_in(None)),
            _("members who were never charged"),
            f"{listed}?status__exact=active&tier=none",
        ),
        Figure(
            _("Suspended"),
            of_status("suspended"),
            _("not counted as members"),
            f"{listed}?status__exact=suspended",
        ),
        Figure(
            _("Closed"),
            of_status("closed"),
            _("not counted as members"),
            f"{listed}?status__exact=closed",
        ),
    ]


def _points(figures: ProgramFigures) -> list[Figure]:
    wallets = figures.wallets
    point_value_minor = terms_calendar().at(figures.at).terms.point_value_minor

    def worth(points: int) -> str:
        return roubles_shown(points * point_value_minor)

    return [
        Figure(_("Issued"), points_shown(wallets.issued), _("since the beginning")),
        Figure(_("Available"), points_shown(wallets.available), worth(wallets.available)),
        Figure(_("Reserved"), points_shown(wallets.reserved), worth(wallets.reserved)),
        Figure(_("Pending"), points_shown(wallets.pending), worth(wallets.pending)),
        Figure(_("Redeemed"), points_shown(wallets.redeemed), worth(wallets.redeemed)),
        Figure(_("Expired"), points_shown(wallets.expired), worth(wallets.expired)),
        Figure(_("Revoked"), points_shown(wallets.revoked), worth(wallets.revoked)),
        Figure(_("Debt"), points_shown(wallets.debt), _("owed by members")),
        Figure(_("Lapsing soon"), points_shown(figures.lapsing_soon), _("within 30 days")),
    ]


def _waiting(figures: ProgramFigures) -> list[Figure]:
    held, reserved = figures.payouts_in_review, figures.redemptions_reserved
    payouts = reverse("admin:loyalty_payout_changelist")
    redemptions = reverse("admin:loyalty_redemption_changelist")
    return [
        Figure(
            _("Payouts in review"),
            roubles_shown(held.value_minor),
            _("%(number)s waiting for a verdict") % {"number": points_shown(held.number)},
            f"{payouts}?status__exact=in_review",
            is_alarming=bool(held.number),
        ),
        Figure(
            _("Open reservations"),
            roubles_shown(reserved.value_minor),
            _("%(number)s waiting for billing") % {"number": points_shown(reserved.number)},
            f"{redemptions}?status__exact=reserved",
        ),
    ]


def _last_import(request: HttpRequest) -> Figure | None:
    """The newest import, where imports are part of the installation."""
    if not (apps.is_installed("imports") and request.user.has_perm("imports.view_import")):
        return None
    model: Any = apps.get_model(*IMPORT_MODEL)
    found = model.objects.order_by("-pk").first()
    if found is None:
        return Figure(_("Last import"), "–", _("no file was imported yet"))
    try:
        link = reverse("admin:imports_import_changelist")
    except NoReverseMatch:
        link = ""
    when = moment_shown(found.created_at)
    return Figure(_("Last import"), found.get_status_display(), f"{found.import_id}, {when}", link)
