"""Models over real HTTP, in four wire formats: good answers, and everything that can be wrong with them (AF.37)."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import aclosing
from typing import Any

import pytest

from antiphon.core.errors import ExtraMissing, ModelAnswerMalformed, ModelUnavailable, SettingMissing
from antiphon.core.model import Classified, ModelCall, Prompt
from antiphon.language.models import providers, steady
from antiphon.language.models.providers import Connection, open_chat
from antiphon.language.models.steady import SteadyModel
from tests.language.model_server import KEY, ModelServer, Reply, Wire

MODELS: dict[Wire, str] = {
    "ollama": "ollama:llama3",
    "openai": "openai:gpt-4o",
    "anthropic": "anthropic:claude-of-tests",
    "google_genai": "google_genai:gemini-1.5-flash",
}
GOOD = {"category": "faq", "confidence": 0.8, "reasoning": "It asks."}
PROMPT = Prompt(system="Sort.", user='{"message": "What is it?"}')

Opened = Callable[..., SteadyModel]


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer() as running:
        yield running


@pytest.fixture(params=MODELS)
def wire(request: pytest.FixtureRequest) -> Wire:
    found: Wire = request.param
    return found


@pytest.fixture
def calls() -> list[ModelCall]:
    return []


@pytest.fixture
def opened(server: ModelServer, calls: list[ModelCall]) -> Opened:
    """A model of a provider whose server is ours."""

    def open_model(wire: Wire, seconds: float = 10.0, **options: Any) -> SteadyModel:
        url = f"{server.url}/v1" if wire == "openai" else server.url
        connection = Connection(setting="KEY", key=KEY, url=url)
        chat = open_chat(MODELS[wire], connection, seconds)
        return SteadyModel(MODELS[wire], chat, timeout_seconds=seconds, on_call=calls.append, **options)

    return open_model


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steady, "PAUSE", lambda _: 0.01)


async def ask(model: SteadyModel) -> Classified:
    return await model.ask(PROMPT, Classified, purpose="understanding")


def outcomes(calls: list[ModelCall]) -> list[str]:
    return [call.outcome for call in calls]


async def test_af_37_a_good_answer(wire: Wire, server: ModelServer, opened: Opened, calls: list[ModelCall]) -> None:
    server.say(Reply(says=GOOD))
    assert await ask(opened(wire)) == Classified(category="faq", confidence=0.8, reasoning="It asks.")
    (asked,) = server.asked
    assert asked.wire == wire
    assert "category" in str(asked.body)  # the shape goes along
    assert outcomes(calls) == ["ok"]
    assert (calls[0].model, calls[0].purpose) == (MODELS[wire], "understanding")
    assert 0 < calls[0].seconds < 10


async def test_the_message_is_in_the_user_turn_alone(wire: Wire, server: ModelServer, opened: Opened) -> None:
    server.say(Reply(says="Fine."))
    await opened(wire).write(PROMPT, purpose="drafting")
    body = server.asked[0].body
    if wire == "google_genai":
        assert "What is it?" not in str(body["systemInstruction"])
        assert "What is it?" in str(body["contents"])
    else:
        users = [message for message in body["messages"] if message["role"] == "user"]
        others = [message for message in body["messages"] if message["role"] != "user"]
        assert "What is it?" in str(users)
        assert "What is it?" not in str(others) + str(body.get("system", ""))


async def test_a_malformed_answer_is_repaired_once(
    wire: Wire, server: ModelServer, opened: Opened, calls: list[ModelCall]
) -> None:
    server.say(Reply(says={"category": "faq", "confidence": 9}), Reply(says=GOOD))
    assert (await ask(opened(wire))).confidence == 0.8
    assert outcomes(calls) == ["repaired"]
    assert "confidence: Input should be less than or equal to 1" in str(server.asked[1].body)


async def test_malformed_twice_is_a_failure(
    wire: Wire, server: ModelServer, opened: Opened, calls: list[ModelCall]
) -> None:
    server.say(Reply(says="I would say it is a question."))
    with pytest.raises(ModelAnswerMalformed, match=r"not JSON|category: Field required"):
        await ask(opened(wire))
    assert len(server.asked) == 2
    assert outcomes(calls) == ["failed"]


async def test_json_in_a_fence_is_read(server: ModelServer, opened: Opened) -> None:
    server.say(Reply(says='```json\n{"category": "faq", "confidence": 0.7}\n```'))
    assert (await ask(opened("openai"))).category == "faq"
    assert len(server.asked) == 1


async def test_a_text(wire: Wire, server: ModelServer, opened: Opened) -> None:
    server.say(Reply(says="It costs 29 dollars."))
    assert await opened(wire).write(PROMPT, purpose="drafting") == "It costs 29 dollars."


async def test_a_text_as_it_comes(wire: Wire, server: ModelServer, opened: Opened, calls: list[ModelCall]) -> None:
    server.say(Reply(says="It costs 29 dollars."))
    pieces = [piece async for piece in opened(wire).stream(PROMPT, purpose="conversation")]
    assert "".join(pieces) == "It costs 29 dollars."
    assert len(pieces) > 1
    assert outcomes(calls) == ["ok"]


async def test_a_stream_that_ends_in_the_middle_is_an_error(wire: Wire, server: ModelServer, opened: Opened) -> None:
    server.say(Reply(says="It costs", unended=True))
    got: list[str] = []

    async def listen() -> None:
        async for piece in opened(wire).stream(PROMPT, purpose="conversation"):
            got.append(piece)  # noqa: PERF401 - what came before the error counts

    with pytest.raises(ModelUnavailable, match="cut off"):
        await listen()
    assert "".join(got) == "It costs"


async def test_whoever_stops_listening_leaves_a_model_that_is_well(
    wire: Wire, server: ModelServer, opened: Opened, calls: list[ModelCall]
) -> None:
    server.say(Reply(says="It costs 29 dollars."))
    async with aclosing(opened(wire).stream(PROMPT, purpose="conversation")) as pieces:
        assert await anext(pieces)
    assert outcomes(calls) == ["ok"]


async def test_a_call_that_is_cancelled_is_not_tried_again(
    server: ModelServer, opened: Opened, calls: list[ModelCall]
) -> None:
    server.say(Reply(status=429, headers={"Retry-After": "9"}))
    asking = asyncio.create_task(ask(opened("ollama")))
    async with asyncio.timeout(5):
        while not server.asked:  # noqa: ASYNC110 - the server runs on a thread of its own
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
    assert len(server.asked) == 1
    assert calls == []


async def test_an_answer_that_was_not_ended_is_no_answer(wire: Wire, server: ModelServer, opened: Opened) -> None:
    server.say(Reply(says="It costs", unended=True))
    with pytest.raises(ModelUnavailable, match="cut off"):
        await opened(wire).write(PROMPT, purpose="drafting")
    assert len(server.asked) == 3


@pytest.mark.parametrize(("status", "said", "tries"), [(404, "not there", 1), (401, "key", 1), (500, "500", 3)])
async def test_af_37_errors_are_told_in_one_way(
    wire: Wire,
    status: int,
    said: str,
    tries: int,
    server: ModelServer,
    opened: Opened,
    calls: list[ModelCall],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """One error for all providers; only what may pass is tried again; no key in a message, a trace or a log."""
    server.say(Reply(status=status))
    with caplog.at_level(logging.INFO), pytest.raises(ModelUnavailable, match=said) as raised:
        await ask(opened(wire))
    assert len(server.asked) == tries
    assert outcomes(calls) == ["failed"]
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__
    assert KEY not in str(raised.value) + caplog.text
    assert MODELS[wire] in caplog.text


async def test_429_waits_as_long_as_it_is_told(wire: Wire, server: ModelServer, opened: Opened) -> None:
    server.say(Reply(status=429, headers={"Retry-After": "0.3"}), Reply(says=GOOD))
    began = asyncio.get_running_loop().time()
    assert (await ask(opened(wire))).category == "faq"
    assert 0.3 <= asyncio.get_running_loop().time() - began < 5


async def test_nobody_waits_for_a_long_retry_after(wire: Wire, server: ModelServer, opened: Opened) -> None:
    server.say(Reply(status=429, headers={"Retry-After": "3600"}))
    with pytest.raises(ModelUnavailable, match="too often"):
        await ask(opened(wire))
    assert len(server.asked) == 1


async def test_a_connection_that_breaks_off_is_tried_again(wire: Wire, server: ModelServer, opened: Opened) -> None:
    server.say(Reply(says=GOOD, cut=True), Reply(says=GOOD))
    assert (await ask(opened(wire))).category == "faq"
    assert len(server.asked) == 2


async def test_the_time_is_for_all_tries_together_and_a_slow_model_rests(
    wire: Wire, server: ModelServer, opened: Opened
) -> None:
    server.say(Reply(says=GOOD, slow=30))
    model = opened(wire, seconds=0.4)
    began = asyncio.get_running_loop().time()
    with pytest.raises(ModelUnavailable, match="in time"):
        await ask(model)
    assert asyncio.get_running_loop().time() - began < 2
    with pytest.raises(ModelUnavailable, match="rests"):
        await ask(model)
    assert len(server.asked) == 1


async def test_a_server_that_is_not_there(wire: Wire, calls: list[ModelCall]) -> None:
    with ModelServer() as gone:
        url = gone.url
    chat = open_chat(MODELS[wire], Connection(setting="KEY", key=KEY, url=url), 5)
    model = SteadyModel(MODELS[wire], chat, timeout_seconds=5, on_call=calls.append)
    with pytest.raises(ModelUnavailable, match="cannot be reached"):
        await ask(model)


async def test_a_model_that_failed_rests_and_is_tried_once_after(server: ModelServer, opened: Opened) -> None:
    now = [100.0]
    server.say(Reply(status=404))
    model = opened("ollama", clock=lambda: now[0], rest_seconds=30)
    for _ in range(steady.FAILURES):
        with pytest.raises(ModelUnavailable, match="not there"):
            await ask(model)
    with pytest.raises(ModelUnavailable, match="rests for 30 s"):
        await ask(model)
    assert len(server.asked) == steady.FAILURES

    now[0] += 31
    server.say(Reply(says=GOOD))
    assert (await ask(model)).category == "faq"
    assert (await ask(model)).category == "faq"


async def test_a_model_that_answers_badly_does_not_rest(server: ModelServer, opened: Opened) -> None:
    server.say(Reply(says="nonsense"))
    model = opened("openai")
    for _ in range(steady.FAILURES + 1):
        with pytest.raises(ModelAnswerMalformed):
            await ask(model)
    server.say(Reply(says=GOOD))
    assert (await ask(model)).category == "faq"


def test_a_key_is_missing_at_the_start() -> None:
    with pytest.raises(SettingMissing, match=r"GEMINI_API_KEY is not set, and the model google_genai:x needs it"):
        open_chat("google_genai:x", Connection(setting="GEMINI_API_KEY"), 5)


def test_an_extra_is_missing_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(providers._EXTRAS, "openai", ("no_such_package", "openai"))
    with pytest.raises(ExtraMissing, match=r"pip install 'antiphon\[openai\]'"):
        open_chat("openai:gpt-4o", Connection(setting="OPENAI_API_KEY", key=KEY), 5)


def test_a_connection_does_not_show_its_key() -> None:
    assert KEY not in repr(Connection(setting="KEY", key=KEY, url=f"http://user:{KEY}@host"))
