"""Chat: what is sent stands in the conversation, and waits there for the person."""

from antiphon.channels.chat.adapter import ChatChannel
from antiphon.channels.chat.news import ChatNews
from antiphon.channels.chat.settings import ChatSettings
from antiphon.channels.chat.verify import make_token

__all__ = ["ChatChannel", "ChatNews", "ChatSettings", "make_token"]
