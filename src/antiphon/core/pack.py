"""The pack language: what a business writes in YAML, as frozen definitions.

These models are the schema (`antiphon schema` prints it) and the values that the engine works with. References
between sections are checked by `loader`, which knows files and lines.
"""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from antiphon.core.definition import Definition, Name
from antiphon.core.process.definition import StateMapDef
from antiphon.core.rule import RuleDef

LevelName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_]*$", max_length=64)]  # "3months" is a level
Share = Annotated[float, Field(ge=0, le=1)]
Points = Annotated[float, Field(ge=-1, le=1)]
Example = Annotated[str, Field(min_length=1, max_length=500)]
Cue = Annotated[str, Field(min_length=2, max_length=300)]
Sentiment: TypeAlias = Literal["positive", "neutral", "negative"]


class IntentDef(Definition):
    """Something that people want, taught by examples."""

    name: Name
    description: str = ""
    examples: tuple[Example, ...] = Field(min_length=3)
    specialist: Name | None = Field(
        default=None, description="Who works on it. An intent that only leaves a form needs none."
    )
    during: Name | None = Field(default=None, description="Counts only while this form is open.")
    reported_as: Name | None = Field(
        default=None, description="The intent that callers see instead; several may share one."
    )
    sentiment: Sentiment = Field(default="neutral", description="How somebody feels who says so, as callers see it.")
    suggested_action: str = Field(
        default="", max_length=200, description="What a person would do next, as callers see it; nothing comes of it."
    )


class LevelDef(Definition):
    """One answer that a scale may give, taught by examples."""

    examples: tuple[Example, ...] = Field(min_length=3)
    at_least: tuple[Cue, ...] = Field(
        default=(), description="Patterns of small letters; where one is found, this level or a higher one."
    )
    at_most: tuple[Cue, ...] = Field(
        default=(), description="Patterns; where one is found, this level or a lower one, unless `at_least` says more."
    )


class ScaleDef(Definition):
    """A question asked of a message, such as how severe it is. Levels stand in order, the least first."""

    description: str = ""
    levels: dict[LevelName, LevelDef] = Field(min_length=2)
    otherwise: LevelName = Field(description="The level of a message that is like no example.")
    sure: Annotated[float, Field(gt=0, le=1)] | None = Field(
        default=None,
        description="Probability from which a level other than `otherwise` is believed; left out: the middle of all.",
    )


class SpecialistBase(Definition):
    """What every specialist may have: the names that its steps show."""

    agent: Name | None = Field(default=None, description="Who has worked, as steps say; else the specialist's name.")
    action: Name | None = Field(default=None, description="What was done, as steps say; else the kind's own word.")


class SayDef(SpecialistBase):
    """A specialist that says a reply."""

    kind: Literal["say"]
    reply: Name
    last: bool = Field(default=False, description="Nothing is said after it: a form that is open waits in silence.")


class AnswerDef(SpecialistBase):
    """A specialist that answers from the pack's knowledge."""

    kind: Literal["answer"]
    answer: Name | None = Field(default=None, description="Reply around a known answer; sees `answer`.")
    did_you_mean: Name = Field(description="Reply when unsure; sees `suggestions`.")
    dont_know: Name = Field(description="Reply when nothing is known.")
    broken: Name = Field(description="Reply while the knowledge base cannot be read.")


class FillFormDef(SpecialistBase):
    """A specialist that fills a form, slot by slot."""

    kind: Literal["form"]
    form: Name


class TierDef(Definition):
    """A class of leads."""

    at: Share = Field(description="The score from which a lead belongs to it.")
    reply: Name = Field(description="Reply to such a lead; sees `answer`, `score`, `tier` and the sender.")


class ScoreDef(SpecialistBase):
    """A specialist that scores a lead by what it asks and by signals, and drafts a reply for its tier."""

    kind: Literal["score"]
    start: Share = Field(default=0.3, description="The points that everybody has.")
    intents: dict[Name, Points] = Field(default_factory=dict, description="Points for an intent, as callers see it.")
    signals: dict[Name, dict[LevelName, Points]] = Field(
        default_factory=dict, description="Scales that are asked, with points for levels; none for those left out."
    )
    tiers: dict[Name, TierDef] = Field(min_length=1, description="The best first.")
    unscored: Share = Field(default=0.3, description="The score while signals cannot be judged.")


class ResolveDef(SpecialistBase):
    """A specialist that opens a ticket, judges how severe the case is, and drafts a reply for that."""

    kind: Literal["resolve"]
    severity: Name = Field(description="The scale that is asked.")
    replies: dict[LevelName, Name] = Field(
        min_length=1, description="Reply for each level; sees `answer`, `severity`, `ticket` and the sender."
    )


SpecialistDef: TypeAlias = Annotated[
    SayDef | AnswerDef | FillFormDef | ScoreDef | ResolveDef, Field(discriminator="kind")
]


class SlotDef(Definition):
    """One thing that a form asks for."""

    name: Name
    type: Literal["name", "email", "phone", "choice", "text"]
    ask: Name = Field(description="Reply that asks for it; sees the slots filled so far.")
    again: Name = Field(description="Reply after a value that cannot be accepted; sees `reason`.")
    choices: dict[str, tuple[str, ...]] = Field(
        default_factory=dict, description="For type choice: each value and the other words for it."
    )
    other: bool = Field(default=True, description="For type choice: whether a value of one's own is fine.")


class FormDef(Definition):
    """A form that is filled in conversation, in any order, with corrections and questions in between."""

    slots: tuple[SlotDef, ...] = Field(min_length=1)
    intent: Name = Field(description="The intent reported while the form is being filled.")
    leave_on: Name | None = Field(default=None, description="The intent that leaves the form.")
    left: Name = Field(description="Reply when somebody leaves the form.")
    done: Name = Field(description="Reply when it is complete; sees the slots, and `lead_id`.")
    already: Name | None = Field(
        default=None, description="Reply when somebody asks for it again after it was completed."
    )


class KnowledgeDef(Definition):
    """Where answers come from, and how sure one must be to give them."""

    files: tuple[str, ...] = Field(
        default=(), description="Globs below the pack: JSON, JSON Lines, Markdown, plain text."
    )
    answer_at: Share = Field(default=0.45, description="Similarity from which a passage answers a question.")
    suggest_at: Share = Field(default=0.3, description="Similarity from which it is offered as a guess.")


class HandoffRule(Definition):
    """Levels of a scale at which a person takes over."""

    scale: Name
    levels: tuple[LevelName, ...] = Field(min_length=1)
    reason: str = Field(min_length=1, max_length=200, description="Why, for the operator; {level} is the level found.")


class GateDef(Definition):
    """When a reply does not go out by itself."""

    handoff_below: Share = Field(default=0.0, description="Confidence below which a person takes over.")
    handoff_intents: tuple[Name, ...] = ()
    handoff_when: tuple[HandoffRule, ...] = Field(
        default=(), description="The first that applies wins. Scales that no specialist asks are asked by the gate."
    )
    handoff_reply: Name | None = Field(default=None, description="What the customer is told at a handoff.")
    approve_intents: tuple[Name, ...] = Field(
        default=(), description="Intents whose reply is held until a person approves it."
    )
    approve_reply: Name | None = Field(default=None, description="What the customer is told meanwhile.")


class ModelsDef(Definition):
    """Who understands, judges and drafts. `local` needs no key and no network."""

    preferred: str | None = Field(
        default=None,
        description="Who does all that is not named here once its provider is set up, such as `ollama`; else `local`.",
    )
    understanding: str | None = Field(default=None, description="Who finds the intent: `local`, `ollama:llama3` ...")
    scales: str | None = Field(default=None, description="Who judges by scales; left out: who finds the intent.")
    drafting: str | None = Field(
        default=None, description="Who words answers from the passages found; `local` takes sentences from them."
    )


class PackDef(Definition):
    """One business."""

    name: Name
    title: str
    description: str = ""
    version: str = Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z.+-]*$", max_length=32)
    intents: tuple[IntentDef, ...] = Field(min_length=2)
    specialists: dict[Name, SpecialistDef] = Field(min_length=1)
    replies: dict[Name, Annotated[str, Field(min_length=1)]] = Field(
        default_factory=dict, description="Sandboxed Jinja templates, by name."
    )
    letter: Name | None = Field(
        default=None,
        description="Reply around every reply that goes out by itself; sees `body`, `run_id` and the sender.",
    )
    forms: dict[Name, FormDef] = Field(default_factory=dict)
    scales: dict[Name, ScaleDef] = Field(default_factory=dict)
    fallback: Name = Field(description="The specialist for what is out of scope.")
    fallback_intent: Name = Field(description="The intent reported for what is out of scope.")
    processes: dict[Name, StateMapDef] = Field(
        default_factory=dict, description="State maps by name; each may stand in a file of `processes/`."
    )
    rules: tuple[RuleDef, ...] = Field(
        default=(), description="When somebody is written to without having written; they stand in `rules/`."
    )
    knowledge: KnowledgeDef = KnowledgeDef()
    gate: GateDef = GateDef()
    burst: Literal["queue", "merge", "restart"] = Field(
        default="queue",
        description="Messages that wait together: one turn each, one turn for all, or a newer one abandons "
        "a draft that has not been committed.",
    )
    models: ModelsDef = ModelsDef()
    live: bool = Field(default=False, description="Whether its runs can be watched step by step while they go on.")

    context: Annotated[int, Field(ge=0, le=20)] = Field(
        default=6, description="How many of the last messages a turn sees."
    )

    def intent(self, name: str) -> IntentDef | None:
        """The intent of that name, or None."""
        return next((intent for intent in self.intents if intent.name == name), None)

    def reported(self, name: str) -> str:
        """The intent that callers see for one that was recognised."""
        intent = self.intent(name)
        return intent.reported_as or intent.name if intent else name

    def specialist_for_form(self, form: str) -> str:
        """The specialist that fills a form. The loader has checked that there is one."""
        return next(
            name
            for name, specialist in self.specialists.items()
            if isinstance(specialist, FillFormDef) and specialist.form == form
        )
