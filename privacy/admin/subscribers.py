"""Subscribers as persons with rights: all that is held of them downloaded, or erased."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.validators import MaxLengthValidator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.admin.personal import LOOKS, REASON_MAX, Look, text_area
from accounts.admin.records import ErasureAdmin
from accounts.models import Erasure, Subscriber
from doors.admin.exports import exported
from doors.admin.theme import ModelAdmin
from privacy.operations.erase_subscriber import erase_subscriber
from privacy.operations.export_subscriber import export_subscriber
from privacy.queries.documents import as_json, proof_of
from referrals.admin.members import InvitingMemberAdmin

EXPORT, ERASE = "accounts.export_subscriber", "accounts.erase_subscriber"

admin.site.unregister(Subscriber)
admin.site.unregister(Erasure)


class EraseForm(forms.Form):
    """On what basis a subscriber is erased, and why before time if it is."""

    basis = forms.CharField(
        label=gettext_lazy("Basis"),
        widget=text_area(),
        validators=[MaxLengthValidator(REASON_MAX)],
        help_text=gettext_lazy(
            "Such as the number and the date of a request. Kept in the proof; no personal data."
        ),
        error_messages={"required": gettext_lazy("Say on what basis: the proof names it.")},
    )
    forced_because = forms.CharField(
        label=gettext_lazy("Why before time"),
        required=False,
        widget=text_area(),
        validators=[MaxLengthValidator(REASON_MAX)],
        help_text=gettext_lazy("Only for a line that isn't closed, or while a case is open."),
    )


@admin.register(Subscriber)
class PersonAdmin(InvitingMemberAdmin):
    """Members, with what the law lets them ask for."""

    def looks(self) -> dict[str, Look]:
        """Return what may be done with personal data, by its name in addresses."""
        return {**LOOKS, **RIGHTS}


@admin.register(Erasure)
class ProvenErasureAdmin(ErasureAdmin):
    """Erasures with their proofs."""

    change_form_outer_before_template = "privacy/admin/proof_link.html"

    def get_urls(self) -> list[URLPattern]:
        """Return the usual addresses, and that of the proof."""
        proof = self.admin_site.admin_view(self.proof_view)
        return [path("<int:pk>/proof.json", proof, name="privacy_proof"), *super().get_urls()]

    def proof_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Send the proof of an erasure."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        erasure, file = get_object_or_404(Erasure, pk=pk), f"erasure-{pk}.json"
        exported(request, kind="subscriber", key=erasure.subscriber_id, file=file)
        return _file(proof_of(erasure), file)


def _export(
    model_admin: ModelAdmin[Subscriber],
    request: HttpRequest,
    subscriber: Subscriber,
    said: Any,
    now: datetime,
) -> HttpResponse:
    document = export_subscriber(
        external_id=subscriber.external_id,
        by=request.user.get_username(),
        reason=said["reason"],
        now=now,
    )
    return _file(as_json(document), f"subscriber-{subscriber.pk}.json")


def _erase(
    model_admin: ModelAdmin[Subscriber],
    request: HttpRequest,
    subscriber: Subscriber,
    said: Any,
    now: datetime,
) -> HttpResponse:
    erasure = erase_subscriber(
        external_id=subscriber.external_id, by=request.user.get_username(), now=now, **said
    )
    messages.success(request, _("The subscriber is erased. This is the proof."))
    return HttpResponseRedirect(reverse("admin:accounts_erasure_change", args=[erasure.pk]))


def _file(content: bytes, name: str) -> HttpResponse:
    answer = HttpResponse(content, content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


RIGHTS: dict[str, Look] = {
    "export": Look(
        gettext_lazy("Download everything held"),
        gettext_lazy(
            "One file with every row of every table about this subscriber, names and contacts "
            "opened. It shows how fraud is found, too: look through it before handing it on."
        ),
        EXPORT,
        _export,
    ),
    "erase": Look(
        gettext_lazy("Erase the subscriber"),
        gettext_lazy("This can't be undone by anybody. The proof is kept, and shown afterwards."),
        ERASE,
        _erase,
        EraseForm,
        is_grave=True,
        goes=(
            gettext_lazy("Name, phone, e-mail, address and birth date, and the key to them"),
            gettext_lazy("What the subscriber was seen with: cards, devices, passports, addresses"),
            gettext_lazy("Digests and hints that belong to nobody else"),
            gettext_lazy("The id that billing uses; a later report of it is refused"),
        ),
        stays=(
            gettext_lazy("Wallet, entries, charges and payouts, by internal number: books close"),
            gettext_lazy("Blocks in force, with basis and term"),
            gettext_lazy("Cases and screenings, with the words of analysts"),
            gettext_lazy("Who looked at this subscriber's data, and the proof"),
        ),
    ),
}
