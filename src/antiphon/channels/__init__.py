"""The ways in which people are written to, a folder each."""
