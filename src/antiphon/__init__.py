"""A self-hosted engine for business conversations."""

__version__ = "0.1.0"
