"""The schedule of the jobs; each start of the clock copies it into the database.

Managers switch tasks off and on there, which a start keeps; it sets hours and days anew.

Hours and days are those of the program's time zone (`CELERY_TIMEZONE`).
Each job asks the tables what is due, so that one that is missed or given twice changes nothing.
"""

from datetime import timedelta

from celery.schedules import crontab

# What nobody came to in time is left to the next stroke.
_SOON = {"expires": 20}

SCHEDULE = {
    # News that somebody inside hears wakes it at once; this finds the rest, and what was lost.
    "relay news": {
        "task": "outbox.tasks.relay_news",
        "schedule": timedelta(seconds=3),
        "options": _SOON,
    },
    "send webhooks": {
        "task": "outbox.tasks.send_webhooks",
        "schedule": timedelta(seconds=5),
        "options": _SOON,
    },
    "prune news": {"task": "outbox.tasks.prune_news", "schedule": crontab(minute=40)},
    "expire points": {"task": "loyalty.tasks.expire_points", "schedule": crontab(minute=5)},
    # In the morning, because people are told; what an hour missed, the next one announces.
    "announce expiring points": {
        "task": "loyalty.tasks.announce_expiring",
        "schedule": crontab(minute=0, hour="9-18"),
    },
    # Soon after midnight; it acts on the first day of a month. Bills that come earlier evaluate
    # their own wallets.
    "evaluate tiers": {
        "task": "loyalty.tasks.evaluate_tiers",
        "schedule": crontab(minute=10, hour=0),
    },
    "lapse reservations": {
        "task": "loyalty.tasks.lapse_reservations",
        "schedule": crontab(minute="*"),
    },
    "vest referrals": {
        "task": "referrals.tasks.vest_referrals",
        "schedule": crontab(minute=15),
    },
    # What waits for a verification is asked for again.
    "screen payouts": {"task": "loyalty.tasks.screen_payouts", "schedule": crontab(minute="*/5")},
    "pay what is due": {"task": "loyalty.tasks.pay_due", "schedule": crontab(minute="*/15")},
    "tend cases": {"task": "fraud.tasks.tend_cases", "schedule": crontab(minute="*/5")},
    "count crowds": {"task": "fraud.tasks.count_crowds", "schedule": crontab(minute=25)},
    # What became of an identifier's limit, or of a block, no news says.
    "review marks": {"task": "fraud.tasks.review_marks", "schedule": crontab(minute=50)},
    # What the news of it did not start, and what a killed worker left.
    "run trials": {"task": "fraud.tasks.run_trials", "schedule": crontab(minute="*")},
    "count referral norms": {
        "task": "fraud.tasks.count_norms",
        "schedule": crontab(minute=20, hour=0),
    },
    # Before the scores of the night, which the new models then give.
    "fit anomaly models": {
        "task": "fraud.tasks.fit_anomalies",
        "schedule": crontab(minute=0, hour=1, day_of_week="sun"),
    },
    "score anomalies": {
        "task": "fraud.tasks.score_anomalies",
        "schedule": crontab(minute=0, hour=2),
    },
    "close the month": {
        "task": "loyalty.tasks.close_month",
        "schedule": crontab(minute=30, hour="*/6"),
    },
    "audit the ledger": {
        "task": "loyalty.tasks.audit_ledger",
        "schedule": crontab(minute=0, hour=5),
    },
    "forget identifiers": {
        "task": "privacy.tasks.forget_identifiers",
        "schedule": crontab(minute=45, hour=4),
    },
    # Shows that the clock, the broker and a worker go: /health/ready looks at it.
    "tick": {"task": "doors.tasks.tick", "schedule": crontab(minute="*")},
    # With the lease of a worker that died: within a minute.
    "resume imports": {
        "task": "imports.tasks.resume_imports",
        "schedule": timedelta(seconds=15),
        "options": _SOON,
    },
}
