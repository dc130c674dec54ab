"""The REST API of fraud, for an operator's own case tool."""
