"""The turn graph and its specialists; the only place for langgraph."""
