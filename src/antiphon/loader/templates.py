"""Replies: sandboxed templates, compiled and tried out once, when the pack is loaded.

A reply sees what its users give it and nothing else; there are no functions to call and no files to include. What
could fail while a customer waits (a field that nobody fills, a forbidden attribute) fails here, with file and line.
"""

import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from antiphon.core.errors import Problem
from antiphon.core.names import Facts
from antiphon.loader.references import found_at
from antiphon.loader.sections import Source
from antiphon.loader.shape import did_you_mean

# A reply stands alone, and `"x" * 10 ** 9` is a gigabyte: refused before it is compiled, which would compute it.
_ALIENS = (
    nodes.Include,
    nodes.Import,
    nodes.FromImport,
    nodes.Extends,
    nodes.Block,
    nodes.Mul,
    nodes.Pow,
    nodes.Mod,
)
_SUGGESTION = "this or that"  # what a reply is tried out with
_SENDER = frozenset({"sender_name", "sender_email", "subject"})  # empty for what is not known
_GATE_FACTS = frozenset({"run_id", "reason"}) | _SENDER

ENVIRONMENT = ImmutableSandboxedEnvironment(
    undefined=StrictUndefined,
    autoescape=False,  # replies are plain text
    trim_blocks=True,
    lstrip_blocks=True,
)
ENVIRONMENT.globals.clear()  # range and its like: a reply needs none


@dataclass(frozen=True, kw_only=True, slots=True)
class Replies:
    """The replies of a pack, ready to be said."""

    templates: Mapping[str, Template]
    slots: frozenset[str]  # of all forms; those not yet filled are empty

    def __call__(self, name: str, facts: Facts) -> str:
        """The text of a reply. A slot without a value is "".

        Raises:
            KeyError: there is no such reply; the loader has checked every name that the pack uses.
        """
        return self.templates[name].render(_seen(facts, self.slots)).strip()


@dataclass(frozen=True, kw_only=True, slots=True)
class _Use:
    """One place that says a reply, and what the reply sees there."""

    user: str
    facts: frozenset[str]


def compile_replies(source: Source) -> tuple[Replies, list[Problem]]:
    """All replies, and everything that is wrong with them."""
    replies = {path[1]: text for path, text in found_at(source.value, "replies.*") if isinstance(text, str)}
    compiling = _Compiling(
        source=source,
        slots=frozenset(name for _, name in found_at(source.value, "forms.*.slots.*.name") if isinstance(name, str)),
        uses=_uses(source.value),
    )
    for name, text in replies.items():
        compiling.add(str(name), text)
    return Replies(templates=compiling.templates, slots=compiling.slots), compiling.problems


def _seen(facts: Facts, slots: frozenset[str]) -> dict[str, Any]:
    """What a template sees: facts, with every slot present, and `collected` as plain attributes."""
    empty = dict.fromkeys(slots, "")
    seen = {**empty, **facts}
    if isinstance(facts.get("collected"), Mapping):
        # Not a mapping: a slot named `items` is a slot, not a method.
        seen["collected"] = SimpleNamespace(**{**empty, **facts["collected"]})
    return seen


@dataclass(frozen=True, kw_only=True, slots=True)
class _Compiling:
    source: Source
    slots: frozenset[str]
    uses: Mapping[str, list[_Use]]
    templates: dict[str, Template] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def add(self, name: str, text: str) -> None:
        """Compile one reply, or say what is wrong with it."""
        try:
            tree = ENVIRONMENT.parse(text)
            wrong = sorted({*forbidden(tree), *self._unknown(name, tree)})
            template = ENVIRONMENT.from_string("" if wrong else text)
        except TemplateSyntaxError as error:
            self._problem(name, error.lineno, f"not a template: {error.message}")
            return
        for line, message in wrong:
            self._problem(name, line, message)
        if not wrong and self._works(name, template):
            self.templates[name] = template

    def _unknown(self, name: str, tree: nodes.Template) -> Iterator[tuple[int, str]]:
        """Names that some user of the reply does not give."""
        own = {"loop", *(node.name for node in tree.find_all(nodes.Name) if node.ctx != "load")}
        for use in self.uses.get(name, ()):
            for node in tree.find_all(nodes.Name):
                if node.name not in own and node.name not in use.facts:
                    hint = did_you_mean(node.name, sorted(use.facts)) or "; it sees no fields"
                    yield node.lineno, f"unknown field `{node.name}`, said by {use.user}{hint}"
        for access in tree.find_all(nodes.Getattr):
            of = access.node
            if isinstance(of, nodes.Name) and of.name == "collected" and access.attr not in self.slots:
                hint = did_you_mean(access.attr, sorted(self.slots)) or "; no form has slots"
                yield access.lineno, f"unknown field `collected.{access.attr}`{hint}"

    def _works(self, name: str, template: Template) -> bool:
        """Try a reply out, with nothing known and with everything."""
        for use in self.uses.get(name, ()):
            for value in ("", "x"):
                facts: dict[str, Any] = dict.fromkeys(use.facts, value)
                facts |= {"collected": dict.fromkeys(self.slots, value)} if "collected" in use.facts else {}
                facts |= {"suggestions": [_SUGGESTION] if value else []} if "suggestions" in use.facts else {}
                try:
                    template.render(_seen(facts, frozenset()))
                except Exception as error:  # noqa: BLE001 - whatever a template raises is a problem of the template
                    self._problem(name, line_of(error), f"fails when it is said by {use.user}: {error}")
                    return False
        return True

    def _problem(self, name: str, line: int, message: str) -> None:
        place = self.source.place(("replies", name))
        at = place.text_line + line - 1
        self.problems.append(Problem(file=place.file, line=at, message=f"`replies.{name}`: {message}"))


def forbidden(tree: nodes.Template, where: str = "replies") -> Iterator[tuple[int, str]]:
    """What no template of a pack may do, with the lines."""
    for alien in tree.find_all(_ALIENS):
        yield alien.lineno, f"`{type(alien).__name__.lower()}` is not available in {where}"
    for access in tree.find_all(nodes.Getattr):
        if access.attr.startswith("_"):
            yield access.lineno, f"`{access.attr}` is not available in {where}"


def line_of(error: Exception) -> int:
    """The line of a template that an error was raised on."""
    frames = traceback.extract_tb(error.__traceback__)
    return next((frame.lineno or 1 for frame in reversed(frames) if frame.filename == "<template>"), 1)


def _uses(value: Any) -> dict[str, list[_Use]]:
    """Who says each reply."""
    uses: dict[str, list[_Use]] = {}

    def used(pattern: str, facts: frozenset[str], user: str) -> None:
        for path, reply in found_at(value, pattern):
            if isinstance(reply, str):
                uses.setdefault(reply, []).append(_Use(user=f"{user} `{path[min(1, len(path) - 1)]}`", facts=facts))

    used("specialists.*.reply", frozenset({"collected", "form"}), "specialist")
    used("specialists.*.answer", frozenset({"answer", "source"}), "specialist")
    used("specialists.*.did_you_mean", frozenset({"suggestions"}), "specialist")
    for nothing in ("dont_know", "broken"):
        used(f"specialists.*.{nothing}", frozenset(), "specialist")
    used("specialists.*.tiers.*.reply", frozenset({"answer", "score", "tier"}) | _SENDER, "specialist")
    used("specialists.*.replies.*", frozenset({"answer", "severity", "ticket"}) | _SENDER, "specialist")
    used("letter", frozenset({"body", "run_id"}) | _SENDER, "the pack's")
    used("gate.handoff_reply", _GATE_FACTS, "the gate's")
    used("gate.approve_reply", _GATE_FACTS, "the gate's")
    for path, form in found_at(value, "forms.*"):
        names = (name for _, name in found_at(form, "slots.*.name"))
        slots = frozenset(name for name in names if isinstance(name, str))
        below = f"forms.{path[1]}"
        used(f"{below}.left", slots, "form")
        for done in ("done", "already"):
            used(f"{below}.{done}", slots | {"lead_id"}, "form")
        for asking in ("ask", "again"):
            used(f"{below}.slots.*.{asking}", slots | {"reason", "asked_before", "suggested"}, "form")
    return uses
