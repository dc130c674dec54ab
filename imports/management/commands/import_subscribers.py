"""manage.py import_subscribers FILE."""

from imports.management.local import ImportFile
from imports.policy.kinds import SUBSCRIBERS


class Command(ImportFile):
    help = "Imports a CSV or NDJSON file of subscribers; safe to stop and to repeat."
    kind = SUBSCRIBERS
