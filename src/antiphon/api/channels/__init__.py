"""Channels: one file for each way in which people are reached."""
