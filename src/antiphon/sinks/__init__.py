"""JSON files and signed webhooks out."""
