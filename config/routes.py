"""Who hears which news: a task by its name, or nobody yet, said so."""

from kernel.batches import pages_of

ROUTES: dict[str, tuple[str, ...]] = {
    "subscriber.closed": ("loyalty.tasks.release_reservations_of_closed",),
    "subscriber.registered": ("fraud.tasks.screen_registrations",),
    "subscriber.identifiers_ended": ("fraud.tasks.review_marks",),
    # A cap or the four-eyes limit may hold what fraud's screen let through.
    "payout.held": ("fraud.tasks.tend_cases",),
    "redemption.held": ("fraud.tasks.tend_cases",),
    # One in review may have been taken back: its case is closed.
    "redemption.released": ("fraud.tasks.tend_cases",),
    "trial.requested": ("fraud.tasks.run_trials",),
    # The next one that waits.
    "trial.finished": ("fraud.tasks.run_trials",),
    "payout.requested": ("loyalty.tasks.screen_payouts",),
    "import.shard_due": ("imports.tasks.read_called_shards",),
}

# Announced and not heard inside; webhooks bring them outside.
UNHEARD = (
    "subscriber.status_changed",
    "points.accrued",
    "points.refunded",
    "points.refund_reversed",
    "points.expired",
    "points.revoked",
    "points.expiring",
    "redemption.reserved",
    "redemption.settled",
    "redemption.lapsed",
    "redemption.reversed",
    "tier.changed",
    "tier.downgrade_announced",
    "tier.downgrade_withdrawn",
    "redemption.cleared",
    "redemption.declined",
    "payout.cleared",
    "payout.refused",
    "payout.frozen",
    "payout.unfrozen",
    "payout.paid",
    "payout.cancelled",
    "payout.clawed_back",
    "payout.reinstated",
    "referral.joined",
    "referral.qualified",
    "referral.expired",
    "referral.refused",
    "terms.activated",
    "terms.withdrawn",
    "case.opened",
    "case.escalated",
    "case.closed",
    "rule_set.approved",
    "rule_set.withdrawn",
    "subscriber.standing_changed",
    "import.received",
    "import.finished",
    "import.failed",
    "webhook.tested",
)

# What one part of the program tells another about its own work: webhooks don't bring it outside.
INSIDE = (
    "import.shard_due",
    "trial.requested",
    "trial.finished",
    "subscriber.identifiers_ended",
)

# Each of these is work of its own, for any worker that is free; of the others a task takes many.
ONE_BY_ONE = ("import.shard_due",)
EVENTS_PER_TASK = 20


def carry(name: str, event_ids: list[int]) -> None:
    """Hand the ids of committed news to those who hear it; the relay calls this."""
    from config.celery import app

    size = 1 if name in ONE_BY_ONE else EVENTS_PER_TASK
    for task in ROUTES.get(name, ()):
        for page in pages_of(event_ids, size):
            app.send_task(task, kwargs={"event_ids": page})
