"""Tables that keep a trail of their changes, written by triggers.

A trigger sees a change whatever makes it: a verb, a bulk statement, SQL by hand. Only tables that
people change are tracked, never those of the books or of what arrives at volume.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import pghistory
import pgtrigger
from django.db import models
from pghistory.models import Event as _Event

Tracked = TypeVar("Tracked", bound=type[models.Model])

ADDED, CHANGED, REMOVED, FOUND = "added", "changed", "removed", "found"


class Event(_Event):
    """What a row became, when, by whose doing, and why.

    Attributes:
        pgh_label: ADDED, CHANGED, REMOVED, the name of a secret's renewal, or FOUND: how the row
            stood when its trail began.
        pgh_context: what `acting` said, if anything did.
        pgh_program: what the connection was opened by: all there is to say of SQL by hand.
        pgh_role: the database's login.
    """

    pgh_id = models.BigAutoField(primary_key=True)
    pgh_created_at = models.DateTimeField(auto_now_add=True, db_index=True)
    pgh_program = models.TextField(
        db_default=models.Func(models.Value("application_name"), function="current_setting")
    )
    pgh_role = models.TextField(db_default=models.Func(template="SESSION_USER"))

    class Meta:
        abstract = True


def tracked(
    *,
    without: Sequence[str] = (),
    secrets: Sequence[str] = (),
) -> Callable[[Tracked], Tracked]:
    """Keep each change of the model's rows in a table of its own, called `<model>event`.

    It becomes part of the trail with a line in `audit/queries/sources.py`, and with its name in
    APPEND_ONLY_TABLES.

    Args:
        without: columns that change by themselves and tell nothing.
        secrets: columns that aren't copied; the trail says `<column> renewed` of their changes.
    """
    decorated: Callable[[Tracked], Tracked] = _tracker(without, secrets)
    return decorated


def track_model_of_another(
    model: type[models.Model],
    *,
    under: str,
    called: str,
    without: Sequence[str] = (),
    secrets: Sequence[str] = (),
) -> None:
    """Do as `tracked` for a library's model, by a proxy: the trigger is on the library's table.

    Args:
        under: the app of ours whose models, and migrations, the proxy and the events are.
        called: what of; the events are `<called>Event`.
    """
    names = {"proxy": True, "app_label": under, "default_permissions": ()}
    meta = type("Meta", (), names)
    body = {"__module__": f"{under}.models", "Meta": meta}
    proxy: type[models.Model] = type(f"Tracked{called}", (model,), body)
    _tracker(without, secrets, app_label=under, model_name=f"{called}Event")(proxy)


def _tracker(without: Sequence[str], secrets: Sequence[str], **where: Any) -> Any:
    trackers: list[Any] = [
        pghistory.InsertEvent(ADDED),
        pghistory.UpdateEvent(CHANGED),
        pghistory.DeleteEvent(REMOVED),
        *(
            pghistory.UpdateEvent(
                f"{secret} renewed",
                condition=pgtrigger.AnyChange(secret),
                trigger_name=f"{secret}_renewed",
            )
            for secret in secrets
        ),
    ]
    return pghistory.track(
        *trackers,
        exclude=[*without, *secrets],
        base_model=Event,
        obj_field=pghistory.ObjForeignKey(related_name="+", related_query_name="+"),
        # Beside the row and not in a table of its own, which would have to be updated.
        context_field=pghistory.ContextJSONField(),
        context_id_field=pghistory.ContextUUIDField(),
        meta={"default_permissions": ()},
        **where,
    )
