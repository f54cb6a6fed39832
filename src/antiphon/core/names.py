"""The aliases that explain the design: who is who, and what is a number of what."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeAlias

Tenant: TypeAlias = str  # whose data; every key of the store begins with it
PackName: TypeAlias = str  # which business
ContactId: TypeAlias = str  # a person
ConversationId: TypeAlias = str  # one contact and one pack, over every channel
RunId: TypeAlias = str  # one change being worked through; a uuid4
Position: TypeAlias = int  # a run's place in its conversation, from 1, in order of arrival
Sequence: TypeAlias = int  # an event's place in its conversation's log, from 1
EffectKey: TypeAlias = str  # "{run_id}:{place}", the name under which an effect is kept once
Moment: TypeAlias = datetime  # aware, UTC
Facts: TypeAlias = Mapping[str, Any]  # JSON values by name
Vector: TypeAlias = bytes  # a sentence as unit-length float32, little endian
