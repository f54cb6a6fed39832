"""All tests of a pack: which there are, and how they go."""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass

from antiphon.core.scenario import ConversationDef, DialogueDef, InquiryDef
from antiphon.engine.service import Service
from antiphon.loader.scenarios import Scenario
from antiphon.trying.dialogue import try_dialogue
from antiphon.trying.result import Result
from antiphon.trying.stage import START, Stage
from antiphon.trying.talks import tests_of, try_conversation, try_letter, try_message
from antiphon.trying.world import world


@dataclass(frozen=True, kw_only=True, slots=True)
class Test:
    """One test: a scenario, or one of its messages."""

    scenario: Scenario
    name: str
    number: int  # of the message in its scenario, from 0

    @property
    def id(self) -> str:
        """What `--only` is held against."""
        return f"{self.scenario.file}: {self.name}"


def chosen(scenarios: Iterable[Scenario], only: str | None = None) -> list[Test]:
    """The tests in scenarios, in their order; with `only` those whose file or name holds these words."""
    found = [Test(scenario=one, name=name, number=at) for one in scenarios for name, at in tests_of(one)]
    return [test for test in found if only is None or only.casefold() in test.id.casefold()]


async def try_pack(stage: Stage, tests: Iterable[Test]) -> AsyncIterator[Result]:
    """How each test goes, one after the other. A dialogue has a world of its own; all else meets strangers in one."""
    common = world(stage.business, at=START).service
    for test in tests:
        yield await _try(test, stage, common)


async def _try(test: Test, stage: Stage, common: Service) -> Result:
    pack = stage.pack.definition
    match test.scenario.definition:
        case ConversationDef() as conversation:
            return await try_conversation(test.scenario, conversation, common, pack.name)
        case InquiryDef() as inquiry:
            return await try_letter(test.scenario, inquiry, common, pack)
        case DialogueDef() as dialogue:
            return await try_dialogue(test.scenario, dialogue, stage)
        case _:
            return await try_message(test.scenario, test.number, common, pack.name)
