"""The form by which a file is sent."""

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminFileFieldWidget

from doors.admin.theme import ModelForm
from doors.translation import translated
from imports.models import Import
from imports.operations.receive_import import check_moment
from imports.policy.heads import check_head, format_of, is_workbook
from imports.policy.lines import LineReader
from imports.queries.kinds import row_kind
from kernel.ids import is_id
from kernel.refusals import Refusal


def _name_refused(name: str) -> str:
    said = _("Its name must end with .csv or .ndjson.")
    if not is_workbook(name):
        return str(said)
    workbook = _("In the spreadsheet, save the sheet as CSV UTF-8 (comma delimited).")
    return f"{said} {workbook}"


class ImportForm(ModelForm[Import]):
    """A file, what is in it, and the id that it will have for ever."""

    file = forms.FileField(
        label=_("File"),
        widget=UnfoldAdminFileFieldWidget,
        help_text=_("CSV with a header, or NDJSON (.ndjson, .jsonl); UTF-8."),
    )

    reported_at = forms.DateTimeField(
        label=_("Made at"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local", "class": "field-input"}),
        help_text=_(
            "Of subscribers: as of when the file was made. A row that is older than what is known"
            " changes nothing. Left empty, the file is as of now; a row may say its own"
            " reported_at."
        ),
    )

    class Meta:
        model = Import
        fields = ["import_id", "kind", "reported_at"]

    def clean_import_id(self) -> str:
        """Refuse what the API would refuse as an id."""
        import_id = str(self.cleaned_data["import_id"])
        if not is_id(import_id):
            raise forms.ValidationError(
                _("Printable characters only, no slash, and not . or .. alone.")
            )
        return import_id

    def clean(self) -> dict[str, Any]:
        """Refuse a file whose beginning says that it can't be read."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        self._check_moment(cleaned)
        upload: Any = cleaned.get("file")
        if upload is None or "kind" not in cleaned:
            return cleaned
        form = format_of(upload.name or "", upload.content_type or "")
        if form is None:
            raise forms.ValidationError({"file": _name_refused(upload.name or "")})
        try:
            reader = LineReader(upload.file, until=upload.size or 0)
            check_head(reader, form, row_kind(cleaned["kind"]).columns)
        except Refusal as refusal:
            raise forms.ValidationError({"file": translated(refusal.detail)}) from None
        return {**cleaned, "form": form}

    def _check_moment(self, said: dict[str, Any]) -> None:
        if "kind" not in said or "reported_at" not in said:
            return
        try:
            check_moment(kind=said["kind"], reported_at=said["reported_at"], now=datetime.now(UTC))
        except Refusal as refusal:
            self.add_error("reported_at", translated(refusal.detail))
