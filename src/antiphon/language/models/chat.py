"""One chat model of LangChain's, asked once and without patience: whatever fails is raised as it comes."""

import json
import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from pydantic import ValidationError

from antiphon.core.model import Prompt, ShapedAnswer
from antiphon.language.models.failures import Cut, Misshapen

if TYPE_CHECKING:  # it costs every start 40 ms, and most starts use no model
    from langchain_core.language_models import BaseChatModel

ENDS = frozenset({"stop", "end_turn", "stop_sequence", "tool_use", "tool_calls", "finish_reason_stop"})
REASONS = ("finish_reason", "stop_reason", "done_reason")  # where providers say how an answer ended
SHOWN_CHARS = 2000  # of an answer that is to be repaired

_FENCED = re.compile(r"^\s*```(?:json)?\s*\n(.*?)\n?\s*```\s*$", re.DOTALL)


def messages_of(prompt: Prompt) -> list[BaseMessage]:
    """A prompt as LangChain has it."""
    return [SystemMessage(prompt.system), HumanMessage(prompt.user)]


def repairing(messages: list[BaseMessage], said: BaseMessage, wrong: Misshapen) -> list[BaseMessage]:
    """The question again, after an answer that had another shape."""
    text = (said.text or json.dumps(_called(said)))[:SHOWN_CHARS]
    again = f"That is not what was asked for: {wrong}. Answer again, in that shape and nothing else."
    return [*messages, AIMessage(text or "(nothing)"), HumanMessage(again)]


class Chat:
    """A provider's model."""

    def __init__(self, model: "BaseChatModel") -> None:
        self._model = model

    async def shaped(self, messages: list[BaseMessage], schema: type[ShapedAnswer]) -> BaseMessage:
        """An answer that was asked for in a shape; `read` says whether it has it.

        Raises:
            Cut: it did not come to its end.
        """
        shape = schema.model_json_schema()
        said: Any = await self._model.with_structured_output(shape, include_raw=True).ainvoke(messages)
        raw: BaseMessage = said["raw"]
        _check_ended(raw)
        return raw

    async def text(self, messages: list[BaseMessage]) -> str:
        """A text.

        Raises:
            Cut: it did not come to its end.
        """
        said = await self._model.ainvoke(messages)
        _check_ended(said)
        return str(said.text).strip()

    async def pieces(self, messages: list[BaseMessage]) -> AsyncGenerator[str, None]:
        """A text as it comes.

        Raises:
            Cut: it did not come to its end.
        """
        ended = False
        async with aclosing(self._model.astream(messages)) as chunks:  # type: ignore[type-var]  # it is a generator
            async for chunk in chunks:
                ended = ended or _ended(chunk)
                if chunk.text:
                    yield str(chunk.text)
        if not ended:
            raise Cut


def read(said: BaseMessage, schema: type[ShapedAnswer]) -> ShapedAnswer:
    """The answer in its shape.

    Raises:
        Misshapen: it has another; the message says where, without what stood there.
    """
    called = _called(said)
    text = str(said.text)
    fenced = _FENCED.match(text)
    try:
        return schema.model_validate(called) if called else schema.model_validate_json(fenced[1] if fenced else text)
    except ValidationError as invalid:
        raise Misshapen("; ".join(_told(error) for error in invalid.errors(include_input=False))) from None


def _told(error: Any) -> str:
    place = ".".join(map(str, error["loc"]))
    return f"{place}: {error['msg']}" if place else "it is not JSON"


def _called(said: BaseMessage) -> dict[str, Any]:
    """What a model that answers by calling a tool calls it with."""
    calls = said.tool_calls if isinstance(said, AIMessage) else []
    return dict(calls[0]["args"]) if calls else {}


def _ended(said: BaseMessage) -> bool:
    """Whether an answer has come to its own end."""
    reasons = (said.response_metadata.get(name) for name in REASONS)
    return any(isinstance(reason, str) and reason.lower() in ENDS for reason in reasons)


def _check_ended(said: BaseMessage) -> None:
    if not _ended(said):
        raise Cut
