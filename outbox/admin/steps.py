"""The steps that people take with a webhook, each asked before it is taken."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from django.utils.translation import gettext_lazy as _

from outbox.operations.register_endpoints import rotate_secret
from outbox.operations.switch_endpoints import disable_endpoint, enable_endpoint
from outbox.operations.try_endpoints import try_endpoint
from outbox.policy.endpoints import DISABLED, ENABLED


class Step(NamedTuple):
    """A step: what it is called, what it does, and for which webhooks it is offered.

    Attributes:
        statuses: of the webhooks that it is offered for.
        take: with the webhook's id, who takes it and when; returns the new secret, if any.
    """

    title: Any
    explanation: Any
    done: Any
    statuses: tuple[str, ...]
    take: Callable[[str, str, datetime], str | None]
    is_grave: bool = False


def _test(webhook_id: str, by: str, now: datetime) -> None:
    try_endpoint(webhook_id=webhook_id, test_id=None, by=by, now=now)


def _rotate(webhook_id: str, by: str, now: datetime) -> str | None:
    return rotate_secret(webhook_id=webhook_id, rotation_id=None, by=by, now=now).secret


def _disable(webhook_id: str, by: str, now: datetime) -> None:
    reason = "Disabled in the admin."
    disable_endpoint(webhook_id=webhook_id, reason=reason, by=by, now=now)


def _enable(webhook_id: str, by: str, now: datetime) -> None:
    enable_endpoint(webhook_id=webhook_id, by=by, now=now)


STEPS = {
    "test": Step(
        _("Send a test"),
        _("A webhook.tested message is sent at once, whatever the webhook hears."),
        _("A test is on its way; its message says what came of it."),
        (ENABLED,),
        _test,
    ),
    "rotate": Step(
        _("Give a new secret"),
        _("For 24 hours messages are signed with both secrets, so that the receiver can change"
          " over in its own time. After that only the new one signs."),
        "",
        (ENABLED, DISABLED),
        _rotate,
    ),
    "enable": Step(
        _("Enable"),
        _("It is sent what is announced from now on. What it missed can be replayed by time."),
        _("The webhook is enabled."),
        (DISABLED,),
        _enable,
    ),
    "disable": Step(
        _("Disable"),
        _("It is sent nothing more, and what waits for it is cancelled. What it misses can be"
          " replayed by time once it is enabled again."),
        _("The webhook is disabled."),
        (ENABLED,),
        _disable,
        is_grave=True,
    ),
}  # fmt: skip
