"""What the items of imports' news hold."""

from typing import Any

from rest_framework import serializers as s

from imports import news
from imports.policy.kinds import KINDS


class ImportReceivedItem(s.Serializer[Any]):
    import_id = s.CharField()
    kind = s.ChoiceField(KINDS)
    bytes = s.IntegerField()


class ImportEndedItem(s.Serializer[Any]):
    import_id = s.CharField()
    kind = s.ChoiceField(KINDS)
    rows_read = s.IntegerField()
    accepted = s.IntegerField()
    replayed = s.IntegerField()
    stale = s.IntegerField()
    rejected = s.IntegerField()


class ImportFailedItem(ImportEndedItem):
    failure = s.CharField()


EVENTS: dict[str, tuple[str, type[s.Serializer[Any]]]] = {
    news.RECEIVED: ("A file is kept, and its rows are being read.", ImportReceivedItem),
    news.FINISHED: ("A file was read to its end.", ImportEndedItem),
    news.FAILED: ("A file could not be read to its end.", ImportFailedItem),
}
