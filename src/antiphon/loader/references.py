"""References between sections: every name that is used is defined, and what is defined makes sense together.

The checks read plain values, not definitions, so that they can be made beside an error of shape.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from antiphon.core.errors import Problem
from antiphon.core.model import LOCAL, PROVIDERS, SCRIPTED, split
from antiphon.loader.document import Path
from antiphon.loader.sections import Source
from antiphon.loader.shape import did_you_mean, named, value_at

# Where a name is used, and what it must be the name of. `*` is any key or position.
REFERENCES: Mapping[str, str] = {
    "fallback": "specialist",
    "fallback_intent": "intent that callers may see",
    "letter": "reply",
    "intents.*.specialist": "specialist",
    "intents.*.during": "form",
    "specialists.*.reply": "reply",
    "specialists.*.answer": "reply",
    "specialists.*.did_you_mean": "reply",
    "specialists.*.dont_know": "reply",
    "specialists.*.broken": "reply",
    "specialists.*.form": "form",
    "specialists.*.severity": "scale",
    "specialists.*.replies.*": "reply",
    "specialists.*.tiers.*.reply": "reply",
    "forms.*.leave_on": "intent",
    "forms.*.left": "reply",
    "forms.*.done": "reply",
    "forms.*.already": "reply",
    "forms.*.slots.*.ask": "reply",
    "forms.*.slots.*.again": "reply",
    "gate.handoff_intents.*": "intent that callers may see",
    "gate.approve_intents.*": "intent that callers may see",
    "gate.handoff_when.*.scale": "scale",
    "gate.handoff_reply": "reply",
    "gate.approve_reply": "reply",
}

# The turn graph has nodes and state of these names; a specialist is a node beside them.
RESERVED_SPECIALISTS = frozenset(
    "classify_intent advance_process gate synthesize_response await_approval handoff log_audit run_id change "
    "conversation messages gist understanding intent confidence decision route retrieved_knowledge partial_lead drafts "
    "grades judgement response status facts events effects leads steps".split()
)
RESERVED_SLOTS = frozenset(
    {"reason", "asked_before", "suggested", "form", "lead_id", "collected"}
)  # replies see these beside the slots

_Check: TypeAlias = Callable[[Source], Iterator[Problem]]


def check_references(source: Source) -> list[Problem]:
    """Everything that does not fit together."""
    return [problem for check in _CHECKS for problem in check(source)]


def found_at(value: Any, pattern: str) -> Iterator[tuple[Path, Any]]:
    """Each path that a pattern such as `forms.*.slots.*.ask` leads to, with the value there."""
    found: list[tuple[Path, Any]] = [((), value)]
    for part in pattern.split("."):
        found = [((*path, key), inner) for path, outer in found for key, inner in _parts(outer, part)]
    yield from found


def _parts(value: Any, part: str) -> Iterator[tuple[str | int, Any]]:
    if part == "*" and isinstance(value, list):
        yield from enumerate(value)
    elif part == "*" and isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, dict) and value.get(part) is not None:
        yield part, value[part]


def _texts(value: Any, pattern: str) -> list[str]:
    return [found for _, found in found_at(value, pattern) if isinstance(found, str)]


def _keys(value: Any, section: str) -> list[str]:
    found = value_at(value, (section,))
    return list(found) if isinstance(found, dict) else []


def _defined(value: Any) -> dict[str, list[str]]:
    """The names of each kind."""
    intents = _texts(value, "intents.*.name")
    seen = [*intents, *_texts(value, "intents.*.reported_as"), *_texts(value, "forms.*.intent")]
    return {
        "intent": intents,
        "intent that callers may see": list(dict.fromkeys(seen)),
        "specialist": _keys(value, "specialists"),
        "form": _keys(value, "forms"),
        "scale": _keys(value, "scales"),
        "reply": _keys(value, "replies"),
    }


def _names_are_defined(source: Source) -> Iterator[Problem]:
    defined = _defined(source.value)
    for pattern, kind in REFERENCES.items():
        for path, name in found_at(source.value, pattern):
            if isinstance(name, str) and name not in defined[kind]:
                hint = did_you_mean(name, defined[kind]) or "; none is defined"
                yield source.problem(path, f"`{named(path)}`: there is no {kind} `{name}`{hint}")


def _intents_are_told_apart(source: Source) -> Iterator[Problem]:
    first: dict[str, Path] = {}
    for path, name in found_at(source.value, "intents.*.name"):
        if isinstance(name, str) and name in first:
            line = source.place(first[name]).line
            yield source.problem(path, f"there are two intents `{name}`; the first is on line {line}")
        elif isinstance(name, str):
            first[name] = path


def _examples_are_told_apart(source: Source) -> Iterator[Problem]:
    first: dict[str, Path] = {}
    for path, example in found_at(source.value, "intents.*.examples.*"):
        if not isinstance(example, str):
            continue
        same = first.setdefault(" ".join(example.casefold().split()), path)
        if same == path:
            continue
        line = source.place(same).line
        whose = value_at(source.value, (*same[:2], "name"))
        where = f"line {line}" if same[:2] == path[:2] else f"line {line}, under `{whose}`"
        yield source.problem(path, f"the example `{example[:60]}` stands twice; the first is on {where}")


def _intents_are_worked_on(source: Source) -> Iterator[Problem]:
    leaving = _texts(source.value, "forms.*.leave_on")
    for path, intent in found_at(source.value, "intents.*"):
        if isinstance(intent, dict) and intent.get("specialist") is None and intent.get("name") not in leaving:
            what = f"nobody works on the intent `{intent.get('name')}`"
            yield source.problem(path, f"{what}; give it a `specialist`, or let a form `leave_on` it")


def _forms_are_filled_once(source: Source) -> Iterator[Problem]:
    filling = list(found_at(source.value, "specialists.*.form"))
    for form in _keys(source.value, "forms"):
        fillers = [path for path, name in filling if name == form]
        if not fillers:
            what = f"no specialist fills the form `{form}`"
            yield source.problem(("forms", form), f"{what}; expected one of `kind: form` and `form: {form}`")
        for path in fillers[1:]:
            yield source.problem(path, f"`{fillers[0][1]}` fills the form `{form}` already; expected one specialist")


def _slots_are_told_apart(source: Source) -> Iterator[Problem]:
    for path, slots in found_at(source.value, "forms.*.slots"):
        seen: set[str] = set()
        for at, name in enumerate(_texts(slots, "*.name")):
            place = (*path, at, "name")
            if name in seen:
                yield source.problem(place, f"the form has two slots `{name}`")
            if name in RESERVED_SLOTS:
                yield source.problem(place, f"a slot cannot be named `{name}`; replies see something else by that name")
            seen.add(name)


def _choices_are_told_apart(source: Source) -> Iterator[Problem]:
    for path, slot in found_at(source.value, "forms.*.slots.*"):
        choices = slot.get("choices") if isinstance(slot, dict) else None
        if not isinstance(slot, dict) or (slot.get("type") == "choice" and not choices and slot.get("other") is False):
            yield source.problem(path, "nothing can be chosen: expected `choices`, or `other: true`")
        if not isinstance(choices, dict):
            continue
        if choices and slot.get("type") != "choice":
            yield source.problem((*path, "choices"), "only a slot of `type: choice` has choices")
        yield from _words_are_told_apart(source, (*path, "choices"), choices)


def _words_are_told_apart(source: Source, path: Path, choices: dict[str, Any]) -> Iterator[Problem]:
    meant: dict[str, str] = {}
    for value, words in choices.items():
        for word in (value, *(words if isinstance(words, list) else ())):
            other = meant.setdefault(str(word).casefold(), value)
            if other != value:
                yield source.problem((*path, value), f"`{word}` means `{other}` already; a word means one choice")


def _specialists_are_nodes(source: Source) -> Iterator[Problem]:
    for name in _keys(source.value, "specialists"):
        if name in RESERVED_SPECIALISTS:
            yield source.problem(("specialists", name), f"a specialist cannot be named `{name}`; the engine uses it")


def _bands_are_in_order(source: Source) -> Iterator[Problem]:
    answer, suggest = (value_at(source.value, ("knowledge", name)) for name in ("answer_at", "suggest_at"))
    if isinstance(answer, int | float) and isinstance(suggest, int | float) and suggest > answer:
        message = f"`suggest_at` ({suggest}) is above `answer_at` ({answer}); nothing would be suggested"
        yield source.problem(("knowledge", "suggest_at"), message)


def _models_are_there(source: Source) -> Iterator[Problem]:
    for path, model in found_at(source.value, "models.*"):
        if isinstance(model, str) and (reason := _no_model(model)):
            yield source.problem(path, f"`{named(path)}`: {reason}")


def _no_model(name: str) -> str | None:
    """Why a name cannot be that of a model, or None. Whether its provider is set up shows at the start."""
    provider, model = split(name)
    if provider == LOCAL and not model:
        return None
    if provider == SCRIPTED:
        return None if model else "name the file with the answers, such as `scripted:scenarios/answers.yaml`"
    if provider in PROVIDERS:
        return None
    return f"there is no provider `{provider}`{did_you_mean(provider, (LOCAL, *PROVIDERS))}"


_CHECKS: tuple[_Check, ...] = (
    _names_are_defined,
    _intents_are_told_apart,
    _examples_are_told_apart,
    _intents_are_worked_on,
    _forms_are_filled_once,
    _slots_are_told_apart,
    _choices_are_told_apart,
    _specialists_are_nodes,
    _bands_are_in_order,
    _models_are_there,
)
