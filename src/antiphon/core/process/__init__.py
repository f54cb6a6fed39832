"""Processes: state machines written in YAML, and their instances on conversations. Pure."""
