"""No table: the trail is read from those of the apps beneath, and only the permission is here."""

from django.db import models


class Trail(models.Model):
    """What the permission to read the trail hangs on."""

    class Meta:
        managed = False
        default_permissions = ()
        permissions = [("view_trail", "Can read the audit trail")]

    def __str__(self) -> str:
        return "The audit trail"
