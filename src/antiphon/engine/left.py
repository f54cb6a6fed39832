"""What is left of a conversation's bindings when some of its runs are erased."""

from dataclasses import replace

from antiphon.core.event import BindingBegun, BindingMigrated, BindingMoved, Event
from antiphon.core.names import Moment
from antiphon.ports import BindingRecord, ConversationRecord


class BindingsLeft:
    """The bindings that the rest of a log tells of. One whose beginning is gone is gone, whoever moved it."""

    def __init__(self, conversation: ConversationRecord) -> None:
        self._conversation = conversation
        self._known: dict[str, BindingRecord] = {}

    def tell(self, event: Event, at: Moment) -> None:
        """One more event of the log."""
        if isinstance(event, BindingBegun):
            self._known[event.binding_id] = self._begun(event, at)
        elif isinstance(event, BindingMoved | BindingMigrated) and event.binding_id in self._known:
            self._known[event.binding_id] = replace(
                self._known[event.binding_id],
                version=event.to_version if isinstance(event, BindingMigrated) else event.version,
                state=event.to_state,
                is_terminal=event.is_terminal,
                updated_at=at,
                resolved_at=at if event.is_terminal else None,
            )

    def all(self) -> tuple[BindingRecord, ...]:
        """They, in the order in which they began."""
        return tuple(self._known.values())

    def _begun(self, event: BindingBegun, at: Moment) -> BindingRecord:
        return BindingRecord(
            id=event.binding_id,
            conversation_id=self._conversation.id,
            contact_id=self._conversation.contact_id,
            pack=self._conversation.pack,
            process_type=event.process_type,
            version=event.version,
            state=event.state,
            entity_id=event.entity_id,
            entity_type=event.entity_type,
            business_data=event.business_data,
            is_terminal=event.is_terminal,
            created_at=at,
            updated_at=at,
            resolved_at=at if event.is_terminal else None,
        )
