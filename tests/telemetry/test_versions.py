"""Each run is labelled with what it was worked by, so that a rollback can tell (AF.48)."""

from dataclasses import replace
from pathlib import Path

from antiphon import __version__
from antiphon.core.change import Change
from antiphon.core.event import Decided, decode
from antiphon.core.names import ConversationId
from antiphon.engine.engine import Engine
from antiphon.engine.receive import Request
from antiphon.ports import CompletedTurn
from antiphon.settings import Settings
from antiphon.wiring import open_service
from tests.telemetry.shop import shop


class Seen:
    """A sink that keeps the turns."""

    def __init__(self) -> None:
        self.turns: list[CompletedTurn] = []

    async def committed(self, turn: CompletedTurn) -> None:
        self.turns.append(turn)

    async def erased(self, conversation_id: ConversationId) -> None:
        """Nothing to do."""


async def test_af_48_a_run_is_labelled_with_pack_model_workflow_and_engine() -> None:
    s = shop()
    await s.b.say("hello")
    assert s.b.sink.turns[0].versions == {
        "pack": "1+00000000",
        "model": "local",
        "workflow": "1",
        "engine": __version__,
    }


async def test_af_48_the_labels_of_an_operator_are_on_the_run_and_on_its_decision(
    tmp_path: Path,
) -> None:
    seen = Seen()

    def around(engine: Engine) -> Engine:
        return replace(engine, sinks=[*engine.sinks, seen])

    settings = Settings(data_dir=tmp_path, model_version="m-7", workflow_version="w-9")
    async with open_service(settings, around=around) as service:
        change = Change(kind="message", value="hello")
        await service.respond(Request(pack="autostream", change=change, space="autostream/session", address="s-1"))
    (turn,) = seen.turns
    events = (decode(event.kind, event.payload) for event in turn.events if event.payload is not None)
    (decided,) = [event for event in events if isinstance(event, Decided)]
    assert turn.versions == decided.versions
    assert turn.versions is not None
    assert {name: turn.versions[name] for name in ("model", "workflow", "engine")} == {
        "model": "m-7",
        "workflow": "w-9",
        "engine": __version__,
    }


async def test_af_48_the_labels_are_metrics_too() -> None:
    async with shop().client() as client:
        text = (await client.get("/metrics")).text
    assert 'antiphon_pack_info{model="local",pack="bakery",version="1+00000000",workflow="1"} 1.0' in text
