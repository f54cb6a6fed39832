"""Chat: what is sent stands in the conversation, and waits there for the person."""

from antiphon.channels.chat.channel import ChatChannel

__all__ = ["ChatChannel"]
