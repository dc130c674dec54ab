"""The wire form of a message: its body, and the headers of the Standard Webhooks specification."""

import base64
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import orjson
from standardwebhooks.webhooks import Webhook

SECRET_PREFIX = "whsec_"  # noqa: S105 (what every secret begins with)
_SECRET_BYTES = 32
# How long both secrets sign after a rotation.
ROTATION = timedelta(hours=24)
USER_AGENT = "Tenure-Webhooks/1"


def new_secret() -> str:
    """A secret that nobody has seen, in the form that the specification gives it."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def body_of(
    *,
    name: str,
    announced_at: datetime,
    items: str,
    event_id: int | None,
    replay_id: str | None,
) -> bytes:
    """The payload of a message, the same bytes with every attempt.

    Args:
        name: of the event.
        announced_at: when it was announced, not when it is sent.
        items: of one lane, as JSON: what the database wrote is sent as it stands.
        event_id: what a replay asks for; None for a test.
        replay_id: of the replay that it is sent for; None if it is news.
    """
    data: dict[str, object] = {"event_id": event_id, "items": orjson.Fragment(items)}
    if replay_id is not None:
        data["replay_id"] = replay_id
    timestamp = announced_at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return orjson.dumps({"type": name, "timestamp": timestamp, "data": data})


def message_id(number: int) -> str:
    """How a message is called outside, the same with every attempt."""
    return f"msg_{number}"


def signed_headers(
    *, number: int, body: bytes, secrets_in_force: Sequence[str], now: datetime
) -> dict[str, str]:
    """The headers of one attempt: who sends, what it is, when, and a signature per secret.

    Args:
        number: of the message.
        body: the bytes that are sent.
        secrets_in_force: the present one first, and during a rotation the one before.
        now: the moment of the attempt; receivers refuse what is five minutes off.
    """
    called = message_id(number)
    signatures = [
        Webhook(secret).sign(called, now.astimezone(UTC), body.decode())
        for secret in secrets_in_force
    ]
    return {
        "content-type": "application/json",
        "user-agent": USER_AGENT,
        "webhook-id": called,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
