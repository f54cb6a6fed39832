"""The kinds of effects that the engine itself promises and keeps."""

from typing import Final

FOLLOW_UP: Final = "followup"  # a message to the contact
CHECK: Final = "check"  # a timer of a process
BACKEND_UPDATE: Final = "backend_update"  # a call of the business's own system
ALERT: Final = "alert"  # word to somebody in the business
RULE: Final = "rule"  # a firing of a scheduled rule
RULE_HIT: Final = "rule_hit"  # one rule's wish about one thing that is pending
STRAY_EVENT: Final = "stray_event"  # what happened to something that nobody here knows
