"""Passages from JSON: whatever its shape, what it says becomes sentences with a title and a place.

A question with an answer is kept as it is; an object with a name is described; texts in a map or a list stand alone;
short facts are gathered. A list of named objects also gives an overview, since "what do you offer?" asks for all.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from antiphon.core.errors import KnowledgeBroken
from antiphon.knowledge.piece import LONGEST, Piece, cut
from antiphon.knowledge.prose import (
    Fields,
    describe,
    heading,
    is_price,
    is_scalar,
    is_short_list,
    listed,
    said,
    sentence,
    sentences_of,
)

_QUESTIONS = ("question", "q", "questions", "ask")
_ANSWERS = ("answer", "a", "response", "reply")
_NAMES = ("name", "title", "topic", "heading", "subject", "label", "term", "code", "sku", "key")
_TYPED = frozenset({"plan", "tier", "package", "policy", "subscription"})  # "Pro" is a "Pro plan"
_DEEPEST = 40  # levels; a file made by people has five
_FACTS_TOGETHER = 8  # more short facts than this are no list of facts but a register: each stands alone
_MANY = 50  # things in a list; the facts of a catalogue are not worth a vector (1 ms to encode) each
_OVERVIEW = 8  # things; more would be no overview
_TEXT_WORDS = 4  # a value with this many words is a text, not a fact


@dataclass(frozen=True, kw_only=True, slots=True)
class _At:
    """Where in a file we are."""

    source: str
    keys: tuple[str, ...] = ()
    title: str = ""  # what everything here is about
    kind: str = ""  # what one of these is: "plan" in "plans"
    many: bool = False  # whether this is one of so many that each gets one vector only

    @property
    def place(self) -> str:
        return "/".join(key.replace("~", "~0").replace("/", "~1") for key in self.keys) or "top"

    def below(self, key: str, *, title: str, kind: str = "", many: bool = False) -> "_At":
        keys = (*self.keys, key)
        return _At(source=self.source, keys=keys, title=title, kind=kind, many=self.many or many)


def from_json(source: str, text: str) -> list[Piece]:
    """The pieces of a JSON file.

    Raises:
        KnowledgeBroken: it is not JSON, or is nested absurdly; the reason names the place.
    """
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        place = f"{source}, line {error.lineno}, column {error.colno}"
        raise KnowledgeBroken(reason=f"{place}: {error.msg}") from None
    except (ValueError, RecursionError) as error:  # a number of 5,000 digits; brackets without end
        raise KnowledgeBroken(reason=f"{source}: {error}") from None
    return list(_walk(value, _At(source=source)))


def _walk(value: Any, at: _At) -> Iterator[Piece]:
    if len(at.keys) > _DEEPEST:
        raise KnowledgeBroken(reason=f"{at.source}, at {at.place}: nested more than {_DEEPEST} levels deep")
    if isinstance(value, dict):
        yield from _object(value, at)
    elif isinstance(value, list):
        yield from _list(value, at)
    elif value is not None:
        yield from cut(at.source, at.place, at.title, sentence(said(value)))


def _object(fields: Fields, at: _At) -> Iterator[Piece]:
    question, answer = _first(fields, _QUESTIONS), _first(fields, _ANSWERS)
    if question and answer:
        yield from _answered(fields[question], fields[answer], at)
        return
    name = _first(fields, (at.kind, *_NAMES))
    if name is None or not isinstance(fields[name], str):
        yield from _map(fields, at)
        return
    title = _title(fields[name].strip(), at.kind)
    own = {key: value for key, value in fields.items() if key != name and not _is_branch(value)}
    branches = {key: value for key, value in fields.items() if key != name and _is_branch(value)}
    subject = _subject(title, at.kind)
    cues: list[str] = []
    if not at.many:
        cues = [title, *(describe(subject, {key: value}) for key, value in own.items())]
        cues += [f"{title} price"] * any(map(is_price, own))  # "$29/month" alone has little to do with the word
    yield from cut(at.source, at.place, title, describe(subject, own), cues=cues)
    for key, value in branches.items():
        above = f"{title}: " if at.keys else ""  # the name of the whole file is about everything, so about nothing
        yield from _walk(value, at.below(key, title=f"{above}{heading(key)}", kind=_singular(key)))


def _answered(question: Any, answer: Any, at: _At) -> Iterator[Piece]:
    """Several questions may share an answer: the first is the title."""
    asked = [said(one) for one in (question if isinstance(question, list) else [question]) if one]
    if isinstance(answer, str):
        text = answer
    elif is_short_list(answer):
        text = " ".join(map(sentence, map(said, answer)))
    elif is_scalar(answer):
        text = sentence(said(answer))
    else:
        text = describe("It", answer if isinstance(answer, dict) else {})
    title, *others = asked or [at.title]
    yield from cut(at.source, at.place, title, text, cues=(title, *others), whole=True)


def _map(fields: Fields, at: _At) -> Iterator[Piece]:
    """A map of facts, texts and further maps."""
    facts: dict[str, Any] = {}
    leaves = [key for key, value in fields.items() if is_scalar(value) or is_short_list(value)]
    register = len(leaves) > _FACTS_TOGETHER
    for key, value in fields.items():
        if value is None or key.startswith(("_", "$")):
            continue
        below = at.below(key, title=_title(heading(key), at.kind), kind=_singular(key))
        if isinstance(value, str) and (register or key.endswith("?") or len(value.split()) >= _TEXT_WORDS):
            yield from cut(
                at.source, below.place, below.title, sentence(value), cues=(below.title,), whole=key.endswith("?")
            )
        elif (is_scalar(value) and not register) or (is_short_list(value) and len(at.keys) > 0 and not register):
            facts[key] = value
        else:
            yield from _walk(value, below)
    if facts:
        said_of = [describe(_about(fields, at), {key: value}) for key, value in facts.items()]
        yield from cut(at.source, at.place, _about(fields, at), " ".join(filter(None, said_of)), cues=said_of)


def _list(items: list[Any], at: _At) -> Iterator[Piece]:
    if is_short_list(items):
        alone = sentences_of(items)
        for number, text in enumerate(alone):
            yield from cut(at.source, at.below(str(number), title="").place, at.title, text)
        if not alone:
            yield from cut(at.source, at.place, at.title, sentence(listed([said(item) for item in items])))
        return
    pieces: list[Piece] = []
    many = len(items) > _MANY
    for number, item in enumerate(items):
        pieces.extend(_walk(item, at.below(str(number), title=at.title, kind=at.kind, many=many)))
    yield from pieces
    yield from _overview(items, pieces, at)


def _overview(items: list[Any], pieces: list[Piece], at: _At) -> Iterator[Piece]:
    """All things of a list in one passage, when they are few and short."""
    named = all(isinstance(item, dict) and _first(item, (at.kind, *_NAMES)) for item in items)
    text = "\n".join(_named(piece) for piece in pieces)
    if named and len(pieces) == len(items) and 1 < len(items) <= _OVERVIEW and len(text) <= LONGEST:
        cues = [at.title, f"{at.title}: {listed([piece.passage.title for piece in pieces])}"]
        if all(any(is_price(key) for key in item) for item in items):
            cues += [f"{at.title} and pricing", f"{at.title}: how much does it cost?"]
        yield from cut(at.source, at.place, at.title, text, cues=cues, whole=True)


def _named(piece: Piece) -> str:
    """What a passage says, with its title when it does not say that itself."""
    passage = piece.passage
    return passage.text if passage.title.lower() in passage.text.lower() else passage.content


def _is_branch(value: Any) -> bool:
    """Whether something in an object wants passages of its own."""
    if isinstance(value, list):
        return any(isinstance(item, dict | list) for item in value)
    return isinstance(value, dict) and any(map(_is_branch, value.values()))


def _first(fields: Fields, keys: tuple[str, ...]) -> str | None:
    """The first of these keys that the object has, whatever its case, with something in it."""
    own = {key.lower(): key for key in fields}
    return next((own[key] for key in keys if key in own and fields[own[key]] not in (None, "", [], {})), None)


def _title(name: str, kind: str) -> str:
    return f"{name} {kind}" if kind in _TYPED and kind not in name.lower() else name


def _subject(title: str, kind: str) -> str:
    return f"The {title}" if kind in _TYPED and not title.lower().startswith("the ") else title


def _about(fields: Fields, at: _At) -> str:
    """What the facts of a map are about; at the top of a file that is the business itself."""
    if at.title:
        return at.title
    company = fields.get("company") or fields.get("name")
    return f"About {company}" if isinstance(company, str) else "General"


def _singular(key: str) -> str:
    key = key.lower()
    return f"{key[:-3]}y" if key.endswith("ies") else key.removesuffix("s")
