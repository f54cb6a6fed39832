"""A model that replays answers from a file, and says so by its name: for tests and demonstrations."""

import json
from collections.abc import AsyncGenerator, Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from antiphon.core.errors import ModelAnswerMalformed, ModelUnavailable, ScriptUnusable
from antiphon.core.model import ModelCall, ModelName, Prompt, Purpose, ShapedAnswer


class Line(BaseModel):
    """One answer, and what it answers."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    purpose: Purpose | None = Field(default=None, description="What it is for; left out: anything.")
    when: str = Field(default="", description="Words of the message, in any case; left out: any message.")
    asks: str = Field(default="", description="Words of the prompt, such as a scale's name.")
    answer: dict[str, Any] | Annotated[str, Field(min_length=1)] | None = None
    fail: str | None = Field(default=None, description="Be away instead, for that reason.")

    def answers(self, prompt: Prompt, purpose: Purpose) -> bool:
        """Whether it is the answer to that."""
        said, asked = prompt.user.casefold(), prompt.system.casefold()
        return self.purpose in (None, purpose) and self.when.casefold() in said and self.asks.casefold() in asked


_LINES = TypeAdapter(tuple[Line, ...])


def read_script(file: Path) -> tuple[Line, ...]:
    """The lines of a script.

    Raises:
        ScriptUnusable: it cannot be read, or is none.
    """
    try:
        return _LINES.validate_python(yaml.safe_load(file.read_text(encoding="utf-8")))
    except OSError as error:
        raise ScriptUnusable(file=file, reason=error.strerror or str(error)) from None
    except (ValidationError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise ScriptUnusable(file=file, reason=" ".join(str(error).split())) from None


class ScriptedModel:
    """`ports.Model` from lines; the first that fits answers. `asked` lists what it was asked."""

    def __init__(
        self, name: ModelName, lines: Sequence[Line], on_call: Callable[[ModelCall], None] = lambda _: None
    ) -> None:
        self.name = name
        self.asked: list[tuple[Purpose, Prompt]] = []
        self._lines = tuple(lines)
        self._on_call = on_call

    async def ask(self, prompt: Prompt, schema: type[ShapedAnswer], *, purpose: Purpose) -> ShapedAnswer:
        """The scripted answer, if it has the shape."""
        answer = self._answer(prompt, purpose)
        try:
            found = schema.model_validate(answer) if isinstance(answer, dict) else schema.model_validate_json(answer)
        except ValidationError as invalid:
            self._tell(purpose, ok=False)
            reason = "; ".join(error["msg"] for error in invalid.errors(include_input=False))
            raise ModelAnswerMalformed(model=self.name, reason=reason) from None
        self._tell(purpose)
        return found

    async def write(self, prompt: Prompt, *, purpose: Purpose) -> str:
        """The scripted text."""
        answer = self._answer(prompt, purpose)
        self._tell(purpose)
        return answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False)

    async def stream(self, prompt: Prompt, *, purpose: Purpose) -> AsyncGenerator[str, None]:
        """The scripted text, word by word."""
        for place, word in enumerate((await self.write(prompt, purpose=purpose)).split(" ")):
            yield f" {word}" if place else word

    def _answer(self, prompt: Prompt, purpose: Purpose) -> dict[str, Any] | str:
        self.asked.append((purpose, prompt))
        line = next((line for line in self._lines if line.answers(prompt, purpose)), None)
        if line is None or line.answer is None:
            self._tell(purpose, ok=False)
            reason = (line.fail if line else None) or "the script has no answer to that"
            raise ModelUnavailable(model=self.name, reason=reason)
        return line.answer

    def _tell(self, purpose: Purpose, *, ok: bool = True) -> None:
        self._on_call(ModelCall(model=self.name, purpose=purpose, outcome="ok" if ok else "failed", seconds=0))
