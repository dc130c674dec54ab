"""Who changed what, when and why: one trail over all apps, for auditors to read."""
