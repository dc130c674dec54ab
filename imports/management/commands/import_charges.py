"""manage.py import_charges FILE."""

from imports.management.local import ImportFile
from imports.policy.kinds import CHARGES


class Command(ImportFile):
    help = "Imports a CSV or NDJSON file of charges; safe to stop and to repeat."
    kind = CHARGES
