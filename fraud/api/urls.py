"""Addresses of fraud."""

from django.urls import path

from fraud.api import reports, views

urlpatterns = [
    path("cases", views.CasesView.as_view(), name="cases"),
    path("cases/<int:case_id>", views.CaseView.as_view(), name="case"),
    path("cases/<int:case_id>/claim", views.ClaimView.as_view(), name="case-claim"),
    path("cases/<int:case_id>/verdict", views.VerdictView.as_view(), name="case-verdict"),
    path("cases/<int:case_id>/snooze", views.SnoozeView.as_view(), name="case-snooze"),
    path("cases/<int:case_id>/escalate", views.EscalateView.as_view(), name="case-escalate"),
    path("reports/fraud", reports.FraudReportView.as_view(), name="report-fraud"),
]
