"""How long a claim lives without a sign of life."""

LEASE_SECONDS = 30.0  # three missed heartbeats of 10 s
