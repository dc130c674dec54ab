"""What accounts announce."""

REGISTERED = "subscriber.registered"
STATUS_CHANGED = "subscriber.status_changed"
CLOSED = "subscriber.closed"
IDENTIFIERS_ENDED = "subscriber.identifiers_ended"
