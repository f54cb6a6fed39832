"""What the pages show of processes, rules and scenarios is well written, and the dialogue goes as it is shown."""

import re
from pathlib import Path

from antiphon.core.process.definition import StateMapDef
from antiphon.core.rule import RuleDef
from antiphon.loader import load_pack
from antiphon.loader.document import parse
from antiphon.loader.scenarios import read_scenario
from antiphon.trying.pack_tests import chosen, try_pack
from antiphon.trying.stage import staged
from tests.trying.dues import REPLIES, write_pack

PAGE = Path(__file__).parents[2] / "docs" / "packs.md"
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def shown(field: str) -> str:
    """The only block at whose top that field stands."""
    (block,) = (text for text in BLOCKS if re.search(rf"^(- |  )?{field}:", text, re.MULTILINE))
    return str(block)


def test_the_rule_is_a_rule() -> None:
    assert RuleDef.model_validate(parse("page", shown("id")).value).trigger.cron == "0 10 * * MON-FRI"


def test_every_kind_of_scenario_is_one(tmp_path: Path) -> None:
    for field in ("turns", "body", "messages", "steps"):
        (tmp_path / "page.yaml").write_text(shown(field), encoding="utf-8")
        assert len(read_scenario(tmp_path / "page.yaml")) == 1


async def test_the_dialogue_goes_as_it_is_shown_under_the_process_that_is_shown(tmp_path: Path) -> None:
    process = shown("process_type")
    assert StateMapDef.model_validate(parse("page", process).value).initial_state == "open"
    replies = REPLIES.replace("broken:", "promise_broken:")
    more = {"processes__payment": process, "replies": replies, "scenarios__days": shown("steps")}
    folder = write_pack(tmp_path / "dues", rules__remind="[]", **more)
    async with staged(load_pack(folder), tmp_path / "vectors") as stage:
        tests = chosen(read_scenario(folder / "scenarios" / "days.yaml"))
        results = [result async for result in try_pack(stage, tests)]
    assert [(one.name, one.wrong) for one in results] == [("a promise that is broken", ())]
