"""Names in scenarios that the pack does not know: such a scenario can never go as written."""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from antiphon.core.errors import Problem
from antiphon.core.pack import PackDef
from antiphon.core.scenario import ConversationDef, DialogueDef, InquiryDef, MessagesDef, StepDef
from antiphon.loader.scenarios import Scenario


def unknown_names(scenarios: Iterable[Scenario], pack: PackDef) -> list[Problem]:
    """Each of them, with file and line."""
    return [
        Problem(file=scenario.file, line=line, message=message)
        for scenario in scenarios
        for line, message in _unknown(scenario, pack)
    ]


def _unknown(scenario: Scenario, pack: PackDef) -> Iterator[tuple[int, str]]:
    match scenario.definition:
        case ConversationDef(turns=turns):
            for turn, line in zip(turns, scenario.lines, strict=True):
                yield from _among(line, "intent", (turn.intent,), _intents(pack))
        case MessagesDef() as group:
            yield from _among(scenario.line, "intent", (group.intent, *group.alternatives), _intents(pack))
        case InquiryDef() as inquiry:
            yield from _among(scenario.line, "intent", (inquiry.intent,), _intents(pack))
            yield from _among(scenario.line, "specialist", (inquiry.route,), pack.specialists)
        case DialogueDef(steps=steps):
            for step, line in zip(steps, scenario.lines, strict=True):
                yield from _in_step(step, line, pack)


def _in_step(step: StepDef, line: int, pack: PackDef) -> Iterator[tuple[int, str]]:
    if begin := step.begin:
        yield from _among(line, "process", (begin.process_type,), pack.processes)
        yield from _states(line, pack, {begin.process_type: begin.initial_state})
        if begin.follow_up:
            yield from _among(line, "reply", (begin.follow_up.template,), pack.replies)
    if expect := step.expect:
        by_process = {name: state for name, state in expect.state.items() if " " not in name}  # else of an entity
        yield from _among(line, "process", by_process, pack.processes)
        yield from _states(line, pack, by_process)
        yield from _among(line, "reply", expect.sent or (), pack.replies)
        yield from _among(line, "intent", (expect.intent,), _intents(pack))


def _states(line: int, pack: PackDef, states: dict[str, str | None] | dict[str, str]) -> Iterator[tuple[int, str]]:
    for process, state in states.items():
        if process in pack.processes:
            yield from _among(line, f"state of {process}", (state,), pack.processes[process].states)


def _intents(pack: PackDef) -> frozenset[str]:
    """Those that callers see."""
    seen = (pack.reported(intent.name) for intent in pack.intents)
    return frozenset((*seen, *(form.intent for form in pack.forms.values()), pack.fallback_intent))


def _among(line: int, what: str, names: Iterable[str | None], known: Iterable[str]) -> Iterator[tuple[int, str]]:
    known = sorted(known)
    for name in names:
        if name is not None and name not in known:
            near = get_close_matches(name, known, 1)
            hint = f"; did you mean `{near[0]}`?" if near else ""
            yield line, f"there is no {what} `{name}`{hint}"
