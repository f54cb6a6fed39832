"""Scales in packs: what is wrong with one, or with whoever uses it, is told with file and line."""

import pytest

from antiphon.core.pack import ResolveDef, ScoreDef
from antiphon.loader import load_pack
from tests.loader.conftest import Problems, Shop

SCALES = """\
severity:
  otherwise: low
  levels:
    low:
      examples: [small, tiny, little]
      at_most: ['\\bno hurry\\b']
    3days:
      examples: [big, huge, large]
      at_least: ['\\bfire.{0,20}house\\b']
"""
SPECIALISTS = """\
hello: {kind: say, reply: hi}
desk: {kind: form, form: lead}
till:
  kind: score
  agent: lead_agent
  intents: {greeting: 0.1}
  signals:
    severity: {3days: 0.2}
  tiers:
    hot: {at: 0.5, reply: told}
    cold: {at: 0, reply: told}
fixer:
  kind: resolve
  severity: severity
  replies:
    low: fixed
    3days: fixed
"""
GATE = """\
handoff_when:
  - scale: severity
    levels: [3days]
    reason: it is {level}
handoff_reply: handed
"""
OWN = "specialists:\n  hello: {kind: say, reply: hi}\n  desk: {kind: form, form: lead}\n"
REPLIES = """\
replies:
  told: Dear {{ sender_name }}, {{ answer }} {{ tier }} {{ score }}
  fixed: "{{ ticket }} {{ severity }} {{ answer }} {{ subject }}"
  handed: "{{ run_id }} {{ sender_email }}"
  around: "{{ body }} {{ run_id }}"
"""
SHOP = ((OWN, ""), ("replies:\n", REPLIES), ("title: The Shop\n", "title: The Shop\nletter: around\n"))


def files(**changed: str) -> dict[str, str]:
    return {"scales.yaml": SCALES, "specialists.yaml": SPECIALISTS, "gate.yaml": GATE, **changed}


def test_it_loads(shop: Shop) -> None:
    pack = load_pack(shop(*SHOP, files=files()))

    assert list(pack.definition.scales["severity"].levels) == ["low", "3days"]
    assert isinstance(pack.definition.specialists["till"], ScoreDef)
    assert isinstance(pack.definition.specialists["fixer"], ResolveDef)
    facts = {"answer": "", "ticket": "TKT-00001", "severity": "low", "sender_name": "", "sender_email": ""}
    assert pack.render("fixed", {**facts, "subject": "s"}) == "TKT-00001 low  s"


SPOILT: dict[str, tuple[str, str, str, str]] = {
    "otherwise": (
        "scales.yaml",
        "otherwise: low",
        "otherwise: lwo",
        "scales.yaml:2: `scales.severity.otherwise`: the scale `severity` has no level `lwo`; did you mean `low`?",
    ),
    "no pattern": (
        "scales.yaml",
        "no hurry",
        "(no hurry",
        "scales.yaml:6: `scales.severity.levels.low.at_most[0]`: not",
    ),
    "endless": ("scales.yaml", ".{0,20}", ".*", "scales.yaml:9: `scales.severity.levels.3days.at_least[0]`: repeats"),
    "an endless group": ("scales.yaml", ".{0,20}", "( x)+", "scales.yaml:9:"),
    "capitals": ("scales.yaml", "fire", "Fire", "scales.yaml:9: `scales.severity.levels.3days.at_least[0]`: holds cap"),
    "a pattern of nothing": ("scales.yaml", "\\bno hurry\\b", "(?:no)?", "scales.yaml:6: `scales.severity.levels.low"),
    "no level name": (
        "scales.yaml",
        "3days:",
        "3 Days:",
        "scales.yaml:7: `scales.severity.levels.3 Days`: `3 Days` is",
    ),
    "an example twice": (
        "scales.yaml",
        "[big, huge",
        "[TINY, huge",
        "scales.yaml:8: the example `TINY` stands twice; the first is on line 5, under `low`",
    ),
    "an unknown field": ("scales.yaml", "at_most", "at_mots", "scales.yaml:6: unknown field `at_mots` in"),
    "too few examples": (
        "scales.yaml",
        "[big, huge, large]",
        "[big]",
        "scales.yaml:8: `scales.severity.levels.3days.ex",
    ),
    "an unknown scale of the gate": (
        "gate.yaml",
        "severity",
        "sverity",
        "gate.yaml:2: `gate.handoff_when[0].scale`: t",
    ),
    "an unknown level of the gate": (
        "gate.yaml",
        "[3days]",
        "[3day]",
        "gate.yaml:3: `gate.handoff_when[0].levels`: the",
    ),
    "braces": ("gate.yaml", "{level}", "{lvel}", "gate.yaml:4: a reason knows `{level}` only"),
    "an unknown signal": (
        "specialists.yaml",
        "    severity: {",
        "    sverity: {",
        "specialists.yaml:8: `specialists.till.signals.sverity`: there is no scale `sverity`; did you mean `severity`?",
    ),
    "points for no level": (
        "specialists.yaml",
        "{3days: 0.2}",
        "{3day: 0.2}",
        "specialists.yaml:8: `specialists.till.si",
    ),
    "points for no intent": (
        "specialists.yaml",
        "{greeting:",
        "{greting:",
        "specialists.yaml:6: `specialists.till.inten",
    ),
    "tiers out of order": (
        "specialists.yaml",
        "at: 0,",
        "at: 0.5,",
        "specialists.yaml:11: the tier `cold` begins at 0.5; expected less than 0.5",
    ),
    "an unknown reply of a tier": (
        "specialists.yaml",
        "reply: told",
        "reply: tld",
        "specialists.yaml:10: `specialists.t",
    ),
    "an unknown severity": (
        "specialists.yaml",
        "severity: sev",
        "severity: sv",
        "specialists.yaml:14: `specialists.fix",
    ),
    "a level without a reply": (
        "specialists.yaml",
        "    3days: fixed\n",
        "",
        "specialists.yaml:15: `specialists.fixer` needs a reply for `3days` of `severity`",
    ),
    "a reply for no level": (
        "specialists.yaml",
        "    low: fixed",
        "    lw: fixed",
        "specialists.yaml:16: `specialists.fi",
    ),
    "too many points": (
        "specialists.yaml",
        "0.2}",
        "2}",
        "specialists.yaml:8: `specialists.till.signals.severity.3days`",
    ),
}


@pytest.mark.parametrize("what", SPOILT)
def test_what_is_wrong_is_told(what: str, shop: Shop, problems: Problems) -> None:
    file, old, new, expected = SPOILT[what]
    whole = files()
    assert old in whole[file]
    told = problems(shop(*SHOP, files=files(**{file: whole[file].replace(old, new, 1)})))

    assert any(problem.startswith(expected) for problem in told), told


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("{{ tier }}", "{{ tiers }}", "`replies.told`: unknown field `tiers`, said by specialist `till`"),
        ("{{ ticket }}", "{{ tickt }}", "`replies.fixed`: unknown field `tickt`, said by specialist `fixer`"),
        ("{{ body }}", "{{ boddy }}", "`replies.around`: unknown field `boddy`, said by the pack's `letter`"),
        ("letter: around", "letter: arond", "`letter`: there is no reply `arond`; did you mean `around`?"),
    ],
)
def test_replies_see_what_their_users_give(old: str, new: str, expected: str, shop: Shop, problems: Problems) -> None:
    changes = [(was, becomes.replace(old, new)) for was, becomes in SHOP]
    assert any(expected in problem for problem in problems(shop(*changes, files=files())))
