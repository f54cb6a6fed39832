"""A dialogue over days, played: what happens in it, what comes of that, and what is not as written."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from typing import Any

from antiphon.core.change import Change
from antiphon.core.effect import KeptEffect
from antiphon.core.scenario import BeginStep, DialogueDef, MessageStep, PersonDef, StepDef, read_at, read_span
from antiphon.engine.receive import Request, receive
from antiphon.loader.scenarios import Scenario
from antiphon.ports import CompletedTurn, ContactAddress, ContactDetails, ConversationRecord
from antiphon.trying.acts import ask_rules, override, tell_event
from antiphon.trying.result import Result, Wrong, result
from antiphon.trying.seen import Seen, not_seen
from antiphon.trying.stage import Stage
from antiphon.trying.timeline import Timeline
from antiphon.trying.world import CHANNELS, ScenarioBackend, World, world

END = datetime(9000, 1, 1, tzinfo=UTC)  # of time; some of what is due later could not be said
MORNING = time(9, tzinfo=UTC)  # when day 1 begins, unless its first step says otherwise


@dataclass(frozen=True, kw_only=True, slots=True)
class Played:
    """A dialogue as it went."""

    timeline: Timeline
    world: World  # as it stands at the end
    days: int  # that have passed in it, at least one
    wrong: tuple[Wrong, ...]


async def try_dialogue(scenario: Scenario, definition: DialogueDef, stage: Stage) -> Result:
    """A dialogue held against what is written in it."""
    return result(scenario, list((await play(scenario, definition, stage)).wrong))


async def play(scenario: Scenario, definition: DialogueDef, stage: Stage) -> Played:
    """A dialogue, step by step, in a world of its own."""
    playing = await _Playing.opened(definition, stage)
    wrong: list[Wrong] = []
    for step, line in zip(definition.steps, scenario.lines, strict=True):
        wrong += [Wrong(line=line, message=f"{playing.now}: {what}") for what in await playing.step(step)]
    days = (playing.world.clock.now().date() - definition.starts).days + 1
    return Played(timeline=playing.timeline, world=playing.world, days=days, wrong=tuple(wrong))


@dataclass(kw_only=True)
class _Playing:
    definition: DialogueDef
    world: World
    person: PersonDef
    timeline: Timeline
    seen: Seen = field(default_factory=Seen)

    @classmethod
    async def opened(cls, definition: DialogueDef, stage: Stage) -> "_Playing":
        """Day 1, with the person known and nothing said."""
        person = _reachable(definition.contact)
        backend = ScenarioBackend([_as_backend_tells(person)], definition.pending)
        start = datetime.combine(definition.starts, MORNING)
        first = definition.steps[0]
        if first.at is not None and (at := read_at(first.at, definition.starts)) is not None:
            start = min(start, at)
        made = world(stage.business, at=start, backend=backend)
        await made.store.save_contact(_details(person), made.engine.ids.new(), start)
        playing = cls(
            definition=definition, world=made, person=person, timeline=Timeline(definition.starts), seen=Seen()
        )
        made.watch.on_turn = playing.on_turn
        made.watch.on_settled = playing.on_settled
        made.watch.on_sent = lambda channel, message: playing.timeline.sent(made.clock.now(), channel, message)
        return playing

    @property
    def now(self) -> str:
        """The time of the dialogue."""
        return self.timeline.moment(self.world.clock.now())

    def on_turn(self, turn: CompletedTurn) -> None:
        """Take note of a turn."""
        self.timeline.turn(turn)
        self.seen.turn(turn)

    def on_settled(self, kept: KeptEffect) -> None:
        """Take note of what became of an effect."""
        self.timeline.settled(self.world.clock.now(), kept)
        self.seen.settled(kept)

    async def step(self, step: StepDef) -> list[str]:
        """What is not as written after a step."""
        if (refused := await self._wait(step)) is not None:
            return [refused]
        await self._act(step)
        await self.world.settle()
        if step.expect is None:
            return []
        wrong = not_seen(step.expect, self.seen, await self._status())
        for what in wrong:
            self.timeline.add(self.world.clock.now(), "WRONG", what)
        return wrong

    async def _wait(self, step: StepDef) -> str | None:
        """Let the time pass that a step waits; why it cannot."""
        now = self.world.clock.now()
        until = now
        if step.at is not None:
            until = read_at(step.at, self.definition.starts) or now
        if step.after is not None and (span := read_span(step.after)) is not None:
            if span > END - now:
                return f"{step.after} leads beyond the year {END.year}"
            until = now + span
        if until < now:
            return f"{step.at} is in the past"
        await self.world.pass_until(until)
        return None

    async def _act(self, step: StepDef) -> None:
        if step.message is not None:
            await self._say(step.message)
        elif step.begin is not None:
            await self._begin(step.begin)
        elif step.event is not None:
            self.timeline.add(self.world.clock.now(), "event", f"{step.event.name} {_plain(step.event.data)}")
            for told in await tell_event(self.world, step.event):
                self.timeline.add(self.world.clock.now(), "matches", told)
        elif step.operator is not None:
            record = await self._conversation()
            text = f"{step.operator.trigger_type} {step.operator.trigger_value}"
            self.timeline.add(self.world.clock.now(), "operator", text if record else f"{text}: nobody to say it of")
            if record:
                await override(self.world, record, step.operator)
        elif step.rules:
            self.timeline.add(self.world.clock.now(), "rules", "are gone through")
            for told in await ask_rules(self.world):
                self.timeline.add(self.world.clock.now(), "matches", told)

    async def _say(self, said: MessageStep) -> None:
        change = Change(kind="message", value=said.text, channel=said.channel)
        await receive(self.world.engine, self._request(said.channel, change))

    async def _begin(self, wanted: BeginStep) -> None:
        names = ("entity_type", "entity_id", "business_data", "initial_state")
        data: dict[str, Any] = {name: getattr(wanted, name) for name in names}
        data["binding_id"] = self.world.engine.ids.new()
        if wanted.follow_up is not None:
            data["follow_up"] = {"rule_id": "scenario", **wanted.follow_up.model_dump(mode="json"), "metadata": {}}
        change = Change(kind="begin", value=wanted.process_type, data=data)
        await receive(self.world.engine, self._request(next(iter(self.person.addresses)), change))

    def _request(self, channel: str, change: Change) -> Request:
        address = dict(self.person.addresses).get(channel, self.person.id)  # type: ignore[call-overload]  # any text
        return Request(pack=self.world.pack, change=change, space=channel, address=address)

    async def _conversation(self) -> ConversationRecord | None:
        for channel, address in self.person.addresses.items():
            if record := await self.world.store.conversation_at(self.world.pack, channel, address):
                return record
        return None

    async def _status(self) -> str | None:
        record = await self._conversation()
        return record.state.status if record else None


def _reachable(person: PersonDef) -> PersonDef:
    """A person with addresses: their own, or one on every channel."""
    if person.addresses:
        return person
    return person.model_copy(update={"addresses": {channel: f"{person.id}@{channel}.example" for channel in CHANNELS}})


def _details(person: PersonDef) -> ContactDetails:
    return ContactDetails(
        external_id=person.id,
        name=person.name,
        role=person.role,
        organization=person.organization,
        addresses=tuple(
            ContactAddress(space=channel, address=address) for channel, address in person.addresses.items()
        ),
    )


def _as_backend_tells(person: PersonDef) -> dict[str, Any]:
    channels = [{"channel": channel, "address": address} for channel, address in person.addresses.items()]
    known = {"id": person.id, "name": person.name, "organization": person.organization or "", "channels": channels}
    return {**known, "role": person.role} if person.role else known


def _plain(data: dict[str, Any]) -> str:
    return "{" + ", ".join(f"{name}: {value}" for name, value in data.items()) + "}"
