"""Cases in the admin: the queue, and what verdicts leave behind."""

from fraud.admin import assessments
from fraud.admin.cases import admin as cases

__all__ = ["assessments", "cases"]
