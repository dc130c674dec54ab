"""Which door opens where."""

from django.contrib import admin
from django.urls import include, path
from django.views.i18n import set_language

from audit.admin.page import trail_export, trail_page
from doors.admin.second_factor import enrol_page, mine_page, verify_page
from doors.admin.session_page import session_page
from fraud.admin.anomalies import anomalies_page
from fraud.admin.figures import figures_page

urlpatterns = [
    path("admin/fraud/figures/", admin.site.admin_view(figures_page), name="fraud-figures"),
    path("admin/fraud/anomalies/", admin.site.admin_view(anomalies_page), name="fraud-anomalies"),
    path("admin/language/", set_language, name="set_language"),
    path("admin/trail/", admin.site.admin_view(trail_page), name="audit-trail"),
    path("admin/trail/export/", admin.site.admin_view(trail_export), name="audit-trail-export"),
    path("admin/session/", session_page, name="session"),
    path("admin/second-factor/", admin.site.admin_view(verify_page), name="second-factor"),
    path("admin/second-factor/new/", admin.site.admin_view(enrol_page), name="second-factor-new"),
    path("admin/second-factor/mine/", admin.site.admin_view(mine_page), name="second-factor-mine"),
    path("admin/", admin.site.urls),
    path("api/v1/", include("loyalty.api.urls")),
    path("api/v1/", include("referrals.api.urls")),
    path("api/v1/", include("fraud.api.urls")),
    path("api/v1/", include("accounts.api.urls")),
    # The apps' views come before the doors' own, whose last pattern answers what nobody knows.
    path("api/v1/", include("imports.api.urls")),
    path("api/v1/", include("outbox.api.urls")),
    path("", include("doors.api.urls")),
]

handler400 = "doors.api.problems.bad_request"
handler403 = "doors.api.problems.permission_denied"
handler404 = "doors.api.problems.not_found"
handler500 = "doors.api.problems.server_error"
