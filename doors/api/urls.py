"""The addresses that belong to no app."""

from django.urls import path, re_path

from doors.api.docs import DocsView
from doors.api.documents import NothingHere, ProblemsView, SchemaView
from doors.api.tokens import RevocationEndpoint, TokenEndpoint

urlpatterns = [
    path("oauth/token", TokenEndpoint.as_view(), name="token"),
    path("oauth/revoke_token", RevocationEndpoint.as_view(), name="revoke-token"),
    path("api/v1/schema", SchemaView.as_view(), name="schema"),
    # DRF's own OPTIONS would describe the view, in a form that this page's renderer can't write.
    path(
        "api/v1/docs",
        DocsView.as_view(url_name="schema", http_method_names=["get", "head"]),
        name="docs",
    ),
    path("problems", ProblemsView.as_view(), name="problems"),
    path("problems/<slug:code>", ProblemsView.as_view(), name="problem"),
    # Keep last. A trailing slash ends here too: Django redirects only what no pattern matches.
    re_path(r"^(?:api|oauth|problems)(?:/|$)", NothingHere.as_view()),
]
