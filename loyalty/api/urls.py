"""Addresses of loyalty."""

from django.urls import path

from loyalty.api import charges, payouts, program, redemptions, refunds, reports, wallets

urlpatterns = [
    path("charges", charges.ChargesView.as_view(), name="charges"),
    path("charges/batch", charges.ChargeBatchView.as_view(), name="charge-batch"),
    path(
        "charges/<client_id:charge_id>/refunds",
        charges.RefundsView.as_view(),
        name="refunds",
    ),
    path(
        "refunds/<client_id:refund_id>/reverse",
        refunds.RefundReversalView.as_view(),
        name="refund-reversal",
    ),
    path(
        "subscribers/<client_id:subscriber_id>/wallet",
        wallets.WalletView.as_view(),
        name="wallet",
    ),
    path(
        "subscribers/<client_id:subscriber_id>/entries",
        wallets.EntriesView.as_view(),
        name="entries",
    ),
    path(
        "subscribers/<client_id:subscriber_id>/tier",
        wallets.TierView.as_view(),
        name="tier",
    ),
    path("redemptions", redemptions.RedemptionsView.as_view(), name="redemptions"),
    path(
        "redemptions/<client_id:redemption_id>/settle",
        redemptions.SettlementView.as_view(),
        name="settlement",
    ),
    path(
        "redemptions/<client_id:redemption_id>/release",
        redemptions.ReleaseView.as_view(),
        name="release",
    ),
    path(
        "redemptions/<client_id:redemption_id>/reverse",
        redemptions.ReversalView.as_view(),
        name="reversal",
    ),
    path(
        "redemptions/<client_id:redemption_id>",
        redemptions.RedemptionView.as_view(),
        name="redemption",
    ),
    path("payouts", payouts.PayoutsView.as_view(), name="payouts"),
    path("payouts/<uuid:payout_id>", payouts.PayoutView.as_view(), name="payout"),
    path(
        "reports/reconciliation",
        reports.ReconciliationView.as_view(),
        name="report-reconciliation",
    ),
    path("program", program.ProgramView.as_view(), name="program"),
    path("program/preview", program.PreviewView.as_view(), name="preview"),
]
