"""What the pages of trials show beside a trial."""

from collections.abc import Collection

from fraud.models import Case, RuleSetVersion


def rule_sets_known() -> list[RuleSetVersion]:
    """Every rule set, the newest first."""
    return list(RuleSetVersion.objects.order_by("-number"))


def cases_of(subjects: Collection[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """The number of the last case over each subject, by its type and id."""
    found = Case.objects.filter(
        subject_type__in={kind for kind, _ in subjects},
        subject_id__in={subject_id for _, subject_id in subjects},
    )
    return {
        (case.subject_type, case.subject_id): case.pk
        for case in found.only("subject_type", "subject_id").order_by("id")
    }
