"""What imports announce."""

RECEIVED = "import.received"
SHARD_DUE = "import.shard_due"
FINISHED = "import.finished"
FAILED = "import.failed"
