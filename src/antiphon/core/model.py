"""What is asked of a language model and what is told of the asking. Who the model is, nobody here knows."""

from dataclasses import dataclass, field
from typing import Annotated, Literal, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from antiphon.core.names import Facts

LOCAL = "local"
SCRIPTED = "scripted"
PROVIDERS = ("ollama", "google_genai", "anthropic", "openai")  # those that a pack may name: `ollama:llama3`

ModelName: TypeAlias = str  # `local`, `ollama:llama3`, `scripted:scenarios/answers.yaml`
Purpose: TypeAlias = Literal["understanding", "scales", "drafting", "conversation"]
CallOutcome: TypeAlias = Literal["ok", "repaired", "failed", "fallback"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Prompt:
    """What a model is told."""

    system: str  # from the pack; the only part that it is to obey
    user: str  # what somebody wrote: data


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelCall:
    """How one call went. `failed` is a model that was asked in vain, `fallback` is `local` stepping in for it."""

    model: ModelName
    purpose: Purpose
    outcome: CallOutcome
    seconds: float  # with all its tries; 0 for a fallback


class ModelAnswer(BaseModel):
    """An answer with a shape. What else a model adds is left out."""

    model_config = ConfigDict(frozen=True, extra="ignore")


ShapedAnswer = TypeVar("ShapedAnswer", bound=ModelAnswer)


class Classified(ModelAnswer):
    """What a message wants, and how sure the model is."""

    category: str
    confidence: Annotated[float, Field(ge=0, le=1)]
    reasoning: str = ""


class Judged(ModelAnswer):
    """Where a message stands on a scale, and how sure the model is."""

    level: str
    confidence: Annotated[float, Field(ge=0, le=1)]
    reasoning: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Drafted:
    """The words of an answer, and who found them."""

    text: str
    why: Facts = field(default_factory=dict)  # provider, and why another stepped in; empty without a model


def split(name: ModelName) -> tuple[str, str]:
    """Provider and model of a name; the model is "" when only the provider is named."""
    provider, _, model = name.partition(":")
    return provider, model
