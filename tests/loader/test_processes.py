"""Processes of a pack: read from `processes/`, refused with file and line, and looked through."""

from pathlib import Path
from time import perf_counter

import pytest

from antiphon.core.process.advance import advance
from antiphon.core.process.binding import begin, begun
from antiphon.core.process.decision import Move
from antiphon.core.process.trigger import Trigger
from antiphon.loader import find_packs, find_warnings, load_pack
from antiphon.loader.document import parse
from antiphon.loader.processes import maps_of
from tests.loader.conftest import Problems, Shop

PARCEL = """\
process_type: parcel
description: A parcel on its way.
states: [packed, sent, lost, arrived]
initial_state: packed
terminal_states: [arrived]
transitions:
  - from_states: [packed]
    to_state: sent
    description: The carrier has it
    trigger: {type: event, value: shipped}
    actions:
      - type: schedule_check
        delay_minutes: 2880
        metadata: {check_trigger_value: no_news}
  - from_states: [sent]
    to_state: lost
    trigger: {type: timeout, value: no_news}
    actions:
      - type: enqueue_followup
        template: note
  - from_states: ["*"]
    to_state: arrived
    trigger:
      type: event
      values: [delivered, signed]
      conditions:
        - {field: extra_data.weight, operator: gt, value: 0}
"""
FILE = "processes/parcel.yaml"
AT = "`processes.parcel"
NOTE = ("  bye: Bye\n", "  bye: Bye\n  note: Hi {{ contact_name }}, about {{ business_context.parcel }}\n")


def _spoil(old: str, new: str) -> dict[str, str]:
    assert old in PARCEL
    return {FILE: PARCEL.replace(old, new, 1)}


def test_a_new_process_is_a_file_and_nothing_else(shop: Shop) -> None:
    """CV.22: written to a folder, loaded, and it moves."""
    (process,) = load_pack(shop(files={FILE: PARCEL})).definition.processes.values()
    assert process.process_type == "parcel"
    binding = begun(begin(process, run_id="r", binding_id="b"))
    shipped = advance(process, binding, Trigger(type="event", value="shipped"), {})
    assert isinstance(shipped, Move)
    assert (shipped.to_state, shipped.transition.description) == ("sent", "The carrier has it")


def test_a_process_may_stand_in_the_pack_itself(shop: Shop) -> None:
    inside = "processes:\n  parcel:\n" + "".join(f"    {line}\n" for line in PARCEL.splitlines())
    folder = shop(
        ("replies:\n", f"{inside}replies:\n"), files={"processes/other.yaml": PARCEL.replace("parcel", "other")}
    )
    assert set(load_pack(folder).definition.processes) == {"parcel", "other"}


def test_the_digest_follows_the_processes(shop: Shop) -> None:
    before = load_pack(shop(files={FILE: PARCEL})).digest
    after = load_pack(shop(files={FILE: PARCEL.replace("2880", "1440")})).digest
    assert before != after


# What is refused, each with file and line
SPOILT: dict[str, tuple[tuple[str, str], str]] = {
    "unknown state": (
        ("to_state: sent", "to_state: sentt"),
        f"{FILE}:8: `processes.parcel.transitions[0].to_state`: there is no state `sentt`; did you mean `sent`?",
    ),
    "unknown source": (
        ("from_states: [packed]", "from_states: [baked]"),
        f"{FILE}:7: {AT}.transitions[0].from_states[0]`: there is no state `baked`; did you mean `packed`?",
    ),
    "unknown initial state": (("initial_state: packed", "initial_state: x"), f"{FILE}:4: `processes.parcel.initial"),
    "unknown terminal state": (
        ("[arrived]\n", "[x]\n"),
        f"{FILE}:5: `processes.parcel.terminal_states[0]`: there is no",
    ),
    "no states": (("[packed, sent, lost, arrived]", "[]"), f"{FILE}:3: `processes.parcel.states`: expected at least 1"),
    "out of a terminal state": (
        ("from_states: [sent]", "from_states: [arrived]"),
        f"{FILE}:15: `processes.parcel.transitions[1].from_states[0]`: `arrived` is terminal; nothing leads out of it",
    ),
    "unknown operator": (
        ("operator: gt", "operator: gtt"),
        f"{FILE}:27: {AT}.transitions[2].trigger.conditions[0].operator`: `gtt` is not known; did you mean",
    ),
    "unknown action": (
        ("type: enqueue_followup", "type: enqueue_follow"),
        f"{FILE}:19: `processes.parcel.transitions[1].actions[0].type`: `enqueue_follow` is not known; did you mean",
    ),
    "unknown trigger": (
        ("type: timeout", "type: timout"),
        f"{FILE}:17: {AT}.transitions[1].trigger.type`: `timout` is not known; did you mean `timeout`?",
    ),
    "unknown field": (
        ("    to_state: sent", "    to: sent"),
        f"{FILE}:8: unknown field `to` in {AT}.transitions[0]`; expected `from_states`, `to_state`",
    ),
    "missing field": (
        ("initial_state: packed\n", ""),
        f"{FILE}:1: `processes.parcel` needs the field `initial_state`",
    ),
    "a pattern that cannot be used": (
        ("operator: gt, value: 0", 'operator: regex, value: "(?=x)"'),
        f"{FILE}:27: {AT}.transitions[2].trigger.conditions[0]`: the pattern cannot be used: look-around",
    ),
    "not a name": (
        ("[packed, sent,", "[packed, Sent Off,"),
        f"{FILE}:3: `processes.parcel.states[1]`: `Sent Off` is not",
    ),
    "another name than the file's": (
        ("process_type: parcel", "process_type: letter"),
        f"{FILE}:1: `processes.parcel.process_type`: expected `parcel`, as it is named here; found `letter`",
    ),
    "not YAML": (("[packed, sent, lost, arrived]", "[packed"), f"{FILE}:4: not YAML"),
    "a list": ((PARCEL, "- a\n- b\n"), f"{FILE}:1: `processes.parcel`: expected fields"),
    "nothing": ((PARCEL, ""), f"{FILE}: the file is empty"),
}


@pytest.mark.parametrize("what", SPOILT)
def test_it_is_refused_with_file_and_line(what: str, shop: Shop, problems: Problems) -> None:
    """CV.21: when the pack is loaded, and not ignored when it runs."""
    change, expected = SPOILT[what]
    told = problems(shop(files=_spoil(*change)))
    assert any(problem.startswith(expected) for problem in told), told


def test_every_fault_is_told_in_one_go(shop: Shop, problems: Problems) -> None:
    text = PARCEL.replace("to_state: lost", "to_state: x").replace("to_state: sent", "to_state: y")
    told = problems(shop(("title: The Shop", "titel: The Shop"), files={FILE: text}))
    assert len(told) == 4


def test_two_maps_of_a_name(shop: Shop, problems: Problems) -> None:
    inside = "processes:\n  parcel:\n" + "".join(f"    {line}\n" for line in PARCEL.splitlines())
    told = problems(shop(("replies:\n", f"{inside}replies:\n"), files={FILE: PARCEL}))
    assert told == [f"{FILE}:1: the process `parcel` is given twice; it also stands in pack.yaml, line 27"]


def test_a_file_that_nobody_would_read(shop: Shop, problems: Problems) -> None:
    assert problems(shop(files={"processes/parcel.yml": PARCEL})) == [
        "processes/parcel.yml: is not read; name it parcel.yaml"
    ]


def test_a_file_from_elsewhere(shop: Shop, problems: Problems, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside") / "parcel.yaml"
    outside.write_text(PARCEL)
    folder = shop()
    (folder / "processes").mkdir()
    (folder / FILE).symlink_to(outside)
    assert problems(folder) == [f"{FILE}: leads out of the pack's folder; copy the file into it"]


def _chain(length: int, last: str) -> str:
    states = "".join(f"- s{number}\n" for number in range(length))
    ways = "".join(
        f"- from_states: [s{number}]\n  to_state: s{number + 1}\n  trigger: {{type: event, value: next}}\n"
        for number in range(length - 1)
    )
    return f"process_type: chain\ninitial_state: s0\nterminal_states: [{last}]\nstates:\n{states}transitions:\n{ways}"


def test_ten_thousand_states_load_in_seconds(shop: Shop) -> None:
    folder = shop(files={"processes/chain.yaml": _chain(10_000, "s9999")})
    began = perf_counter()
    process = load_pack(folder).definition.processes["chain"]
    warnings = find_warnings(folder)
    assert perf_counter() - began < 15  # some 3 s on one core
    assert (len(process.states), warnings) == (10_000, [])
    far = begun(begin(process, run_id="r", binding_id="b", initial_state="s9998"))
    assert isinstance(advance(process, far, Trigger(type="event", value="next"), {}), Move)


def test_ten_thousand_faults_are_told_in_seconds(shop: Shop, problems: Problems) -> None:
    text = _chain(10_000, "s9999").replace("to_state: s", "to_state: x")
    folder = shop(files={"processes/chain.yaml": text})
    began = perf_counter()
    assert len(problems(folder)) == 9_999
    assert perf_counter() - began < 15


def test_maps_of_a_settings_file_are_held_against_the_same_shape() -> None:
    """CV.39: a list of maps under a key, each with its lines."""
    text = "state_maps:\n" + "".join(
        f"- {line}\n" if not at else f"  {line}\n" for at, line in enumerate(PARCEL.splitlines())
    )
    twice = parse("settings.yaml", text + text.removeprefix("state_maps:\n"))
    found, problems = maps_of(twice.value["state_maps"], twice.places, file="settings.yaml", under=("state_maps",))
    assert [(process.process_type, place.line) for process, place in found] == [("parcel", 2), ("parcel", 29)]
    assert [str(one) for one in problems] == [
        "settings.yaml:29: the process `parcel` stands twice; the first is in settings.yaml, line 2"
    ]
    spoilt = parse("settings.yaml", text.replace("to_state: sent", "to_state: x").replace("[sent]", "[y]"))
    _, problems = maps_of(spoilt.value["state_maps"], spoilt.places, file="settings.yaml", under=("state_maps",))
    assert [str(one) for one in problems] == [
        "settings.yaml:9: `state_maps[0].transitions[0].to_state`: there is no state `x`",
        "settings.yaml:16: `state_maps[0].transitions[1].from_states[0]`: there is no state `y`",
    ]
    misshapen = parse("map.yaml", PARCEL.replace("operator: gt", "operator: gtt"))
    _, (problem,) = maps_of(misshapen.value, misshapen.places, file="map.yaml")
    assert str(problem).startswith("map.yaml:27: `transitions[2].trigger.conditions[0].operator`: expected eq, neq")


# Warnings


def _warned(folder: Path) -> list[str]:
    load_pack(folder)
    return [str(warning) for warning in find_warnings(folder)]


def test_a_map_that_is_meant_is_warned_of_nothing(shop: Shop) -> None:
    assert _warned(shop(NOTE, files={FILE: PARCEL})) == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            ("lost, arrived]", "lost, arrived, odd]"),
            f"{FILE}:3: `processes.parcel.states[4]`: the state `odd` is never",
        ),
        (
            ("check_trigger_value: no_news", "check_trigger_value: news"),
            f"{FILE}:17: {AT}.transitions[1].tri",
        ),
        (
            ("terminal_states: [arrived]\n", ""),
            f"{FILE}:3: `processes.parcel.states[3]`: the state `arrived` can never",
        ),
        (
            ('["*"]', "[packed]"),
            f"{FILE}:3: `processes.parcel.states[2]`: the state `lost` can never be left, but is not among",
        ),
        (
            ("type: timeout, value: no_news", "type: intent, value: ordr"),
            f"{FILE}:17: {AT}.transitions[1].trigger.value`: the pack has no intent `ordr`; did you mean",
        ),
        (
            ("template: note", "template: ask_ho"),
            f"{FILE}:20: `processes.parcel.transitions[1].actions[0].template`: there is no reply `ask_ho`",
        ),
        (
            ("template: note", "template: again"),
            f"{FILE}:20: {AT}.transitions[1].actions[0].template`: `replies.again` uses the unknown field `reason`",
        ),
    ],
)
def test_what_is_hardly_meant_is_warned_of(change: tuple[str, str], expected: str, shop: Shop) -> None:
    warned = _warned(shop(NOTE, files=_spoil(*change)))
    assert any(warning.startswith(expected) for warning in warned), warned


def test_a_transition_that_never_fires_names_the_line_of_the_one_that_does(shop: Shop) -> None:
    more = "  - {from_states: [sent], to_state: arrived, trigger: {type: timeout, value: no_news}}\n"
    (warned,) = _warned(shop(NOTE, files={FILE: PARCEL + more}))
    assert warned.startswith(f"{FILE}:28: {AT}.transitions[3]`: can never fire: `transitions[1]` comes first")
    assert warned.endswith("(line 15)")


def test_a_pack_that_is_not_finished_is_no_pack(shop: Shop, tmp_path: Path) -> None:
    """Its processes may be there before its `pack.yaml`."""
    (tmp_path / "begun" / "processes").mkdir(parents=True)
    assert find_packs(tmp_path) == []
