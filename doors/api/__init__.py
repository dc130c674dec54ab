"""What every view of the REST API shares."""
