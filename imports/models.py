"""Imports, the shards that their work is split into, and the rows that were rejected."""

from django.db import models
from django.db.models import F, Q

from imports.policy.kinds import FAILED, FINISHED, FORMATS, KINDS, SOURCES, STATUSES, WAITING
from kernel.owners import OWNER_LENGTH_MAX, PROGRAM


def _choices(values: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(value, value) for value in values]


class Import(models.Model):
    """A file, by the id that its sender gave it, which means this content for ever.

    Attributes:
        file: its name in IMPORTS_DIR if it was uploaded, else its path.
        digest: SHA-256 of the file.
        reported_at: the moment as of which its rows say what they say, if the sender said one.
    """

    import_id = models.CharField("import id", max_length=64, unique=True)
    kind = models.CharField(max_length=16, choices=_choices(KINDS))
    format = models.CharField(max_length=8, choices=_choices(FORMATS))
    source = models.CharField(max_length=8, choices=_choices(SOURCES))
    file = models.CharField(max_length=4096)
    digest = models.BinaryField(max_length=32)
    bytes = models.BigIntegerField()
    reported_at = models.DateTimeField(null=True, blank=True)
    status = models.CharField(max_length=8, choices=_choices(STATUSES), default=WAITING)
    failure_code = models.CharField(max_length=64, blank=True, default="")
    failure_detail = models.CharField(max_length=500, blank=True, default="")
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=150)
    owner = models.CharField(
        max_length=OWNER_LENGTH_MAX, blank=True, default=PROGRAM, db_default=PROGRAM
    )
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=STATUSES), name="import_status_is_a_known_one"
            ),
            models.CheckConstraint(condition=Q(kind__in=KINDS), name="import_kind_is_a_known_one"),
            models.CheckConstraint(
                condition=Q(format__in=FORMATS), name="import_format_is_a_known_one"
            ),
            models.CheckConstraint(
                condition=Q(source__in=SOURCES), name="import_source_is_a_known_one"
            ),
            models.CheckConstraint(condition=Q(bytes__gt=0), name="import_file_is_not_empty"),
            models.CheckConstraint(
                condition=Q(status__in=(FINISHED, FAILED), finished_at__isnull=False)
                | (~Q(status__in=(FINISHED, FAILED)) & Q(finished_at__isnull=True)),
                name="import_has_an_end_exactly_if_it_ended",
            ),
            models.CheckConstraint(
                condition=(Q(status=FAILED) & ~Q(failure_code=""))
                | (~Q(status=FAILED) & Q(failure_code="")),
                name="import_has_a_reason_exactly_if_it_failed",
            ),
        ]
        indexes = [
            models.Index(
                fields=["id"],
                condition=~Q(status__in=(FINISHED, FAILED)),
                name="import_unfinished",
            ),
        ]

    def __str__(self) -> str:
        return self.import_id


class Shard(models.Model):
    """The rows of those subscribers whose hash is `number`; worked on by one worker at a time.

    Attributes:
        offset: where the first row begins that no worker has dealt with.
        line: the number of the line before it.
        failures: claims since the last checkpoint that ended in an error or not at all.
    """

    imported = models.ForeignKey(Import, on_delete=models.PROTECT, related_name="shards")
    number = models.SmallIntegerField()
    offset = models.BigIntegerField(default=0)
    line = models.BigIntegerField(default=0)
    rows_read = models.BigIntegerField(default=0)
    accepted = models.BigIntegerField(default=0)
    replayed = models.BigIntegerField(default=0)
    stale = models.BigIntegerField(default=0, db_default=0)
    rejected = models.BigIntegerField(default=0)
    failures = models.SmallIntegerField(default=0)
    called_at = models.DateTimeField(null=True, blank=True)
    claimed_at = models.DateTimeField(null=True, blank=True)
    claimed_by = models.CharField(max_length=64, null=True, blank=True)  # noqa: DJ001
    leased_until = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["imported", "number"], name="import_shard_number_is_unique"
            ),
            models.CheckConstraint(
                condition=Q(
                    offset__gte=0,
                    line__gte=0,
                    accepted__gte=0,
                    replayed__gte=0,
                    stale__gte=0,
                    rejected__gte=0,
                ),
                name="import_shard_counts_are_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(rows_read=F("accepted") + F("replayed") + F("stale") + F("rejected")),
                name="import_shard_counts_add_up",
            ),
            models.CheckConstraint(
                condition=Q(claimed_by__isnull=True, leased_until__isnull=True)
                | Q(
                    claimed_by__isnull=False,
                    leased_until__isnull=False,
                    claimed_at__isnull=False,
                    finished_at__isnull=True,
                ),
                name="import_shard_is_leased_exactly_while_claimed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.imported} #{self.number}"


class RowError(models.Model):
    """A row that was rejected or stale, and why; written with the checkpoint behind it.

    Append-only, by privileges and by trigger.
    """

    imported = models.ForeignKey(Import, on_delete=models.PROTECT, related_name="row_errors")
    line = models.BigIntegerField()
    row_id = models.CharField(max_length=64, blank=True)
    code = models.CharField(max_length=64)
    pointer = models.CharField(max_length=255, blank=True)
    detail = models.CharField(max_length=500)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["imported", "line"], name="import_row_is_rejected_once"
            ),
        ]

    def __str__(self) -> str:
        return f"line {self.line}: {self.code}"
