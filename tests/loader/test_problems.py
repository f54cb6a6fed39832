"""Each kind of problem, with the file and the line that it is told for."""

from pathlib import Path

import pytest

from antiphon.loader import load_pack, text
from tests.loader.conftest import PACK, Problems, Shop

Change = tuple[str, str]

# What is changed in the small pack, and what is told. Line numbers are those of the small pack.
SPOILT: dict[str, tuple[Change, str]] = {
    "syntax": (("title: The Shop", "title: [The Shop"), "pack.yaml:3: not YAML"),
    "a colon in a text": (("title: The Shop", "title: The: Shop"), "pack.yaml:2: not YAML"),
    "duplicate key": (
        ('version: "1.0"', "title: Again"),
        "pack.yaml:3: the key `title` stands twice; the first is on line 2",
    ),
    "unknown field": (
        ("specialist: hello\n    examples", "specialist: hello\n    exampels"),
        "pack.yaml:12: unknown field `exampels` in `intents[0]`; did you mean `examples`?",
    ),
    "unknown field of a specialist": (
        ("{kind: say, reply: hi}", "{kind: say, replly: hi}"),
        "pack.yaml:7: unknown field `replly` in `specialists.hello`; did you mean `reply`?",
    ),
    "missing field": (("    left: bye\n", ""), "pack.yaml:17: `forms.lead` needs the field `left`"),
    "missing section": (("title: The Shop\n", ""), "pack.yaml:1: the pack needs the field `title`"),
    "number for a text": (
        ('"1.0"', "1.0"),
        'pack.yaml:3: `version`: expected a text, found 1.0; write it in quotes: "1.0"',
    ),
    "text for a list": (
        ("[hi, hello, hey]", "hi"),
        "pack.yaml:12: `intents[0].examples`: expected a list, found `hi`",
    ),
    "list for fields": (("{kind: say, reply: hi}", "[hi]"), "pack.yaml:7: `specialists.hello`: "),
    "no sentiment": (
        ("specialist: hello\n    examples", "specialist: hello\n    sentiment: angry\n    examples"),
        "pack.yaml:12: `intents[0].sentiment`: `angry` is not known; expected `positive`, `neutral` or `negative`",
    ),
    "nothing for a text": (("title: The Shop", "title:"), "pack.yaml:2: `title`: expected a text, found nothing"),
    "too few examples": (
        ("[hi, hello, hey]", "[hi, hello]"),
        "pack.yaml:12: `intents[0].examples`: expected at least 3, found 2",
    ),
    "unknown type": (
        ("type: email", "type: emial"),
        "pack.yaml:23: `forms.lead.slots[0].type`: `emial` is not known; did you mean `email`?",
    ),
    "unknown kind": (
        ("kind: say", "kind: sya"),
        "pack.yaml:7: `specialists.hello`: kind `sya` is not known; did you mean `say`?",
    ),
    "no kind": (
        ("{kind: say, reply: hi}", "{reply: hi}"),
        "pack.yaml:7: `specialists.hello`: needs the field `kind`: `say`, `answer`, `form`, `score` or `resolve`",
    ),
    "not a name": (
        ("  hello: {", "  Hello There: {"),
        "pack.yaml:7: `specialists.Hello There`: `Hello There` is not a name; expected small letters",
    ),
    "out of range": (
        ("forms:\n", "gate: {handoff_below: 2}\nforms:\n"),
        "pack.yaml:16: `gate.handoff_below`: expected less than or equal to 1, found 2",
    ),
    "unknown specialist": (
        ("specialist: desk", "specialist: dsk"),
        "pack.yaml:14: `intents[1].specialist`: there is no specialist `dsk`; did you mean `desk`?",
    ),
    "unknown form": (("form: lead", "form: leed"), "pack.yaml:8: `specialists.desk.form`: there is no form `leed`"),
    "unknown reply": (("ask: ask", "ask: aks"), "pack.yaml:24: `forms.lead.slots[0].ask`: there is no reply `aks`"),
    "unknown reply of a specialist": (
        ("reply: hi", "reply: hy"),
        "pack.yaml:7: `specialists.hello.reply`: there is no",
    ),
    "unknown fallback": (("fallback: hello", "fallback: x"), "pack.yaml:4: `fallback`: there is no specialist `x`"),
    "unknown fallback intent": (
        ("fallback_intent: greeting", "fallback_intent: greting"),
        "pack.yaml:5: `fallback_intent`: there is no intent that callers may see `greting`; did you mean `greeting`?",
    ),
    "unknown during": (
        ("specialist: desk", "specialist: desk\n    during: leed"),
        "pack.yaml:15: `intents[1].during`: there is no form `leed`; did you mean `lead`?",
    ),
    "unknown leave_on": (
        ("    left: bye", "    leave_on: stop\n    left: bye"),
        "pack.yaml:19: `forms.lead.leave_on`: there is no intent `stop`",
    ),
    "unknown intent of the gate": (
        ("forms:\n", "gate:\n  handoff_intents:\n    - ordr\nforms:\n"),
        "pack.yaml:18: `gate.handoff_intents[0]`: there is no intent that callers may see `ordr`; did you mean",
    ),
    "unknown reply of the gate": (
        ("forms:\n", "gate: {handoff_reply: wait}\nforms:\n"),
        "pack.yaml:16: `gate.handoff_reply`: there is no reply `wait`",
    ),
    "two intents of a name": (
        ("name: order", "name: greeting"),
        "pack.yaml:13: there are two intents `greeting`; the first is on line 10",
    ),
    "the same example twice": (
        ("[I want to order, order, buy it]", "[I want to order, ' HELLO ', buy it]"),
        "pack.yaml:15: the example ` HELLO ` stands twice; the first is on line 12, under `greeting`",
    ),
    "an intent that nobody works on": (
        ("    specialist: desk\n", ""),
        "pack.yaml:13: nobody works on the intent `order`",
    ),
    "a form that nobody fills": (
        ("{kind: form, form: lead}", "{kind: say, reply: hi}"),
        "pack.yaml:17: no specialist fills the form `lead`",
    ),
    "a form that two fill": (
        ("intents:\n", "  till: {kind: form, form: lead}\nintents:\n"),
        "pack.yaml:9: `desk` fills the form `lead` already",
    ),
    "a specialist named like a node": (("  hello: {", "  gate: {"), "pack.yaml:7: a specialist cannot be named `gate`"),
    "a slot named like a fact": (("name: email", "name: lead_id"), "pack.yaml:22: a slot cannot be named `lead_id`"),
    "choices of no choice": (
        ("again: again\n", "again: again\n        choices: {A: [a]}\n"),
        "pack.yaml:26: only a slot of `type: choice` has choices",
    ),
    "nothing to choose": (
        ("type: email", "type: choice\n        other: false"),
        "pack.yaml:22: nothing can be chosen",
    ),
    "a word for two choices": (
        ("type: email", "type: choice\n        choices: {Apple: [a], Avocado: [A]}"),
        "pack.yaml:24: `A` means `Apple` already",
    ),
    "bands out of order": (
        ("forms:\n", "knowledge: {answer_at: 0.2, suggest_at: 0.4}\nforms:\n"),
        "pack.yaml:16: `suggest_at` (0.4) is above `answer_at` (0.2)",
    ),
    "a script that is not named": (
        ("forms:\n", "models:\n  drafting: scripted\nforms:\n"),
        "pack.yaml:17: `models.drafting`: name the file with the answers, such as `scripted:",
    ),
    "a model of the wrong kind": (
        ("forms:\n", "models:\n  preferred: olama:llama3\nforms:\n"),
        "pack.yaml:17: `models.preferred`: there is no provider `olama`; did you mean `ollama`?",
    ),
    "no provider": (
        ("forms:\n", "models: {understanding: magic}\nforms:\n"),
        "pack.yaml:16: `models.understanding`: there is no provider `magic`; expected `local`, `ollama`",
    ),
    "knowledge from above": (
        ("forms:\n", "knowledge: {files: [../kb.json]}\nforms:\n"),
        "pack.yaml:16: `../kb.json` leads out of the pack's folder",
    ),
    "knowledge from the root": (
        ("forms:\n", "knowledge: {files: [/etc/passwd]}\nforms:\n"),
        "pack.yaml:16: `/etc/passwd` leads out of the pack's folder",
    ),
    "no pattern": (
        ("forms:\n", "knowledge: {files: ['']}\nforms:\n"),
        "pack.yaml:16: `` is not a pattern of file names",
    ),
    "escaped NUL": (("title: The Shop", 'title: "The\\0Shop"'), "pack.yaml:2: holds a NUL character"),
    "tag": (("title: The Shop", "title: !!python/name:os.system"), "pack.yaml:2: the tag !!python/name:os.system"),
    "a mapping as a key": (("title: The Shop", "? {a: b}\n: c"), "pack.yaml:2: a key is a word"),
}


@pytest.mark.parametrize("what", SPOILT)
def test_it_is_told_with_file_and_line(what: str, shop: Shop, problems: Problems) -> None:
    change, expected = SPOILT[what]
    told = problems(shop(change))

    assert any(problem.startswith(expected) for problem in told), told


@pytest.mark.parametrize("model", ["local", "ollama", "google_genai:gemini-1.5-flash", "scripted:answers.yaml"])
def test_a_model_is_accepted_whether_or_not_it_is_set_up(model: str, shop: Shop) -> None:
    folder = shop(("forms:\n", f"models: {{understanding: '{model}'}}\nforms:\n"))
    assert load_pack(folder).definition.models.understanding == model


def test_a_section_given_twice(shop: Shop, problems: Problems) -> None:
    told = problems(shop(files={"replies.yaml": "hi: Hi"}))
    assert told == ["replies.yaml:1: the section `replies` is given twice; it also stands in pack.yaml, line 26"]


def test_a_problem_in_a_file_of_a_section(shop: Shop, problems: Problems) -> None:
    told = problems(shop(files={"gate.yaml": "handoff_below: 0.5\n\nhandoff_belwo: 1"}))
    assert told == ["gate.yaml:3: unknown field `handoff_belwo` in `gate`; did you mean `handoff_below`?"]


def test_a_file_that_nobody_reads(shop: Shop, problems: Problems) -> None:
    assert problems(shop(files={"intent.yaml": "[]"})) == ["intent.yaml: is not read; did you mean intents.yaml?"]


def test_empty_files(shop: Shop, problems: Problems) -> None:
    assert problems(shop((PACK, "# nothing\n"))) == ["pack.yaml: the file is empty"]
    assert problems(shop((PACK, "- a\n")))[0].startswith("pack.yaml:1: expected fields such as")


def test_bytes_that_are_no_text(shop: Shop, problems: Problems) -> None:
    folder = shop()
    (folder / "pack.yaml").write_bytes(b"name: shop\ntitle: caf\xe9\n")
    assert problems(folder) == ["pack.yaml:2: is not UTF-8 text; save the file as UTF-8"]
    (folder / "pack.yaml").write_bytes(b"name: shop\n\ntitle: a\0b\n")
    assert problems(folder) == ["pack.yaml:3: holds a NUL character; remove it"]


def test_a_file_that_is_too_large(shop: Shop, problems: Problems, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = shop()
    with (folder / "pack.yaml").open("ab") as file:
        file.truncate(text.MAX_FILE_BYTES + 1)
    assert problems(folder) == ["pack.yaml: is larger than 5 MB"]


def test_a_bomb_of_aliases(shop: Shop, problems: Problems) -> None:
    layers = "".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]\n" for n in range(1, 9))
    told = problems(shop((PACK, f"l0: &l0 [a, b]\n{layers}")))
    assert "more than 200,000 values" in told[0]


@pytest.mark.parametrize("text", ["a: &a [*a]\n", "a: " + "[" * 10_000, "a: " + "{a: " * 500])
def test_nesting_without_end(text: str, shop: Shop, problems: Problems) -> None:
    told = problems(shop((PACK, text)))
    assert told[0].startswith("pack.yaml:1: nested more than 20 levels deep")


def test_links_out_of_the_pack(tmp_path: Path, problems: Problems) -> None:
    folder = tmp_path / "shop"
    (folder / "kb").mkdir(parents=True)
    (tmp_path / "outside.md").write_text("secret")
    (folder / "pack.yaml").write_text(PACK.replace("forms:\n", "knowledge: {files: ['kb/*.md']}\nforms:\n", 1))
    (folder / "kb" / "inside.md").symlink_to(tmp_path / "outside.md")
    told = problems(folder)
    assert told == ["pack.yaml:16: `kb/inside.md` is a link out of the pack's folder; copy the file into it"]

    (folder / "gate.yaml").symlink_to(tmp_path / "outside.md")
    assert problems(folder) == ["gate.yaml: leads out of the pack's folder; copy the file into it"]
