"""Addresses of imports."""

from django.urls import path

from imports.api.views import ImportsView, ImportView, RowErrorsView, StaleRowsView

urlpatterns = [
    path("imports", ImportsView.as_view(), name="imports"),
    path("imports/<client_id:import_id>/errors", RowErrorsView.as_view(), name="import-errors"),
    path("imports/<client_id:import_id>/stale", StaleRowsView.as_view(), name="import-stale"),
    path("imports/<client_id:import_id>", ImportView.as_view(), name="import"),
]
