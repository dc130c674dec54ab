"""What decides about webhooks: names, addresses, retries, signatures, seals."""
