"""Whole services with models: chosen by settings, away, replayed, or none at all."""

import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from antiphon.core.change import Change
from antiphon.core.errors import ModelUnknown, SettingInvalid, SettingMissing
from antiphon.core.step import Step
from antiphon.engine.receive import Request
from antiphon.engine.service import Service
from antiphon.language.models.reach import KNOWN_SECONDS, OllamaServer
from antiphon.loader import load_pack
from antiphon.settings import Settings
from antiphon.wiring import open_service
from tests.language.model_server import KEY, Json, ModelServer, Reply
from tests.server import Server, free_port

PACKS = Path(__file__).parents[2] / "packs"
LETTER = "Prices\n\nHello,\n\nwhat does the Pro plan cost? We want to start this week.\n\nRegards\nJo"
WHO = {"sender_name": "Jo", "sender_email": "jo@example.com", "subject": "Prices"}


def shaped(body: Json) -> str | Json:
    """A good answer to whatever Ollama is asked."""
    shape = body.get("format", {}).get("properties", {})
    if "category" in shape:
        return {"category": "pricing", "confidence": 0.93, "reasoning": "It asks for a price."}
    if "level" in shape:
        level = "immediate" if "immediate" in shape["level"]["enum"] else shape["level"]["enum"][0]
        return {"level": level, "confidence": 0.9, "reasoning": "It says so."}
    return "The Pro plan is $79."


@asynccontextmanager
async def service_of(tmp_path: Path, pack: str = "autoflow", **settings: Any) -> AsyncIterator[Service]:
    chosen = Settings(data_dir=tmp_path / "data", **settings)
    async with open_service(chosen, packs=[load_pack(PACKS / pack)]) as service:
        yield service


async def steps_of(service: Service, text: str = LETTER, pack: str = "autoflow") -> Mapping[str, Step]:
    """The steps of an inquiry by node; `reply` and `status` are on the service's outcome."""
    change = Change(kind="message", value=text, channel="email", data=WHO if pack == "autoflow" else {})
    answered = await service.respond(Request(pack=pack, change=change, space="test", address=None))
    assert answered.outcome.status == "completed"
    assert answered.outcome.reply
    steps = await service.engine.store.steps(answered.run_id)
    return {step.node: step for step in steps}


async def test_af_37_autoflow_uses_ollama_when_it_is_set_up(tmp_path: Path) -> None:
    with ModelServer(Reply(says=shaped)) as ollama:
        async with service_of(tmp_path, ollama_base_url=ollama.url) as service:
            steps = await steps_of(service)
    assert {asked.body["model"] for asked in ollama.asked} == {"llama3"}
    understood = steps["classify_intent"]
    assert (understood.output, understood.why["provider"]) == ("pricing", "ollama:llama3")
    assert understood.why["reasoning"] == "It asks for a price."
    assert "fallback" not in understood.why
    scored = steps["lead_node"].why
    assert {"score", "tier", "budget_signal", "timeline_signal", "reasoning"} <= scored.keys()
    assert scored["timeline_signal"] == "immediate"
    assert scored["judged"]["timeline_signal"]["provider"] == "ollama:llama3"
    assert scored["drafted"] == {"provider": "ollama:llama3"}
    assert "The Pro plan is $79." in steps["lead_node"].output
    assert steps["gate"].why["provider"] == "ollama:llama3"
    assert len(ollama.asked) == 5  # intent, budget, timeline, answer, topic: as docs/models.md says
    letters = [asked for asked in ollama.asked if "We want to start this week" in str(asked.body["messages"][-1])]
    assert len(letters) >= 3  # a model reads the letter itself, not its gist


@pytest.mark.parametrize("reply", [Reply(status=500), Reply(says="Who knows?"), Reply(says=shaped, cut=True)])
async def test_af_42_everything_goes_on_without_its_model_and_says_so(tmp_path: Path, reply: Reply) -> None:
    with ModelServer(reply) as ollama:
        async with service_of(tmp_path, ollama_base_url=ollama.url, model_timeout_seconds=20) as service:
            steps = await steps_of(service)
    assert (steps["classify_intent"].output, steps["classify_intent"].why["provider"]) == ("pricing", "local")
    assert "ollama:llama3" in steps["classify_intent"].why["fallback"]
    for judged in steps["lead_node"].why["judged"].values():
        assert judged["provider"] == "local"
        assert "ollama:llama3" in judged["fallback"]
    assert "ollama:llama3" in steps["gate"].why["fallback"]


async def test_a_dead_model_costs_its_time_once(tmp_path: Path) -> None:
    with ModelServer(Reply(says=shaped, slow=60)) as ollama:
        async with service_of(tmp_path, ollama_base_url=ollama.url, model_timeout_seconds=0.5) as service:
            first = await steps_of(service)
            again = await steps_of(service)
    assert len(ollama.asked) == 1
    assert "in time" in first["classify_intent"].why["fallback"]
    assert "rests" in again["classify_intent"].why["fallback"]
    assert again["classify_intent"].ms < 400


async def test_nothing_is_said_of_models_where_there_is_none(tmp_path: Path) -> None:
    async with service_of(tmp_path) as service:
        steps = await steps_of(service)
        server = service.engine.model_server
        assert server is not None
        assert await server.reachable() is None
    assert steps["classify_intent"].why["provider"] == "local"
    assert "fallback" not in str(steps)
    assert "gate" not in steps


async def test_as_19_the_key_is_read_from_env_and_gemini_flash_is_chosen(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"GEMINI_API_KEY={KEY}\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("GEMINI_API_KEY")
        found = Settings(_env_file=tmp_path / ".env").gemini_api_key
    assert found == KEY
    flash = {"category": "product_inquiry", "confidence": 0.9}
    with ModelServer(Reply(says=flash), Reply(says="Pro is $79/month.")) as gemini:
        async with service_of(tmp_path, "autostream", gemini_api_key=found, gemini_base_url=gemini.url) as service:
            steps = await steps_of(service, "How much is Pro?", "autostream")
    assert all("models/gemini-1.5-flash:generateContent" in asked.path for asked in gemini.asked)
    assert steps["classify_intent"].why["provider"] == "google_genai:gemini-1.5-flash"
    assert steps["product_expert"].why["provider"] == "google_genai:gemini-1.5-flash"


async def test_a_setting_chooses_in_the_place_of_a_pack(tmp_path: Path) -> None:
    with ModelServer(Reply(says={"category": "faq", "confidence": 0.9})) as server:
        chosen = {"autoflow": {"understanding": "openai:gpt-of-tests", "scales": "local"}}
        async with service_of(tmp_path, pack_models=chosen, openai_base_url=f"{server.url}/v1") as service:
            steps = await steps_of(service)
    assert steps["classify_intent"].why["provider"] == "openai:gpt-of-tests"
    assert [asked.wire for asked in server.asked] == ["openai"]


@pytest.mark.parametrize(
    ("chosen", "error", "said"),
    [
        ({"understanding": "openai:gpt-4o"}, SettingMissing, "OPENAI_API_KEY is not set, and the model openai:gpt-4o"),
        ({"understanding": "anthropic"}, ModelUnknown, "There is no model anthropic"),
        ({"understanding": "bedrock:x"}, ModelUnknown, "expected local or one of ollama"),
        ({"understands": "local"}, SettingInvalid, "`understands` is none of preferred, understanding"),
    ],
)
async def test_it_does_not_start_with_a_model_that_cannot_be(
    tmp_path: Path, chosen: dict[str, str], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        async with service_of(tmp_path, pack_models={"autoflow": chosen}):
            raise AssertionError("it started")


async def test_a_script_is_replayed_and_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    script = tmp_path / "answers.yaml"
    lines = [{"purpose": "understanding", "when": "pro plan", "answer": {"category": "faq", "confidence": 1}}]
    script.write_text(yaml.safe_dump(lines))
    chosen = {"autoflow": {"understanding": f"scripted:{script}", "scales": "local"}}
    async with service_of(tmp_path, pack_models=chosen) as service:
        steps = await steps_of(service)
    assert steps["classify_intent"].why["provider"] == f"scripted:{script}"
    assert "replays the answers of" in caplog.text


async def test_whether_ollama_answers_is_known_for_a_while() -> None:
    now = [0.0]
    assert await OllamaServer(None).reachable() is None
    with ModelServer() as server:
        ollama = OllamaServer(server.url, clock=lambda: now[0])
        assert await ollama.reachable() is True
        server.say(Reply(status=500))
        assert await ollama.reachable() is True
        now[0] += KNOWN_SECONDS
        assert await ollama.reachable() is False
        server.say(Reply())
        assert await OllamaServer(server.url.removeprefix("http://")).reachable() is True
    assert await OllamaServer(server.url).reachable() is False
    assert await OllamaServer("no url").reachable() is False


def test_af_1_health_tells_of_ollama_and_no_key_is_in_the_log(tmp_path: Path) -> None:
    """Also when providers answer with the key that they were given; and a model that is away degrades nothing."""
    with ModelServer(Reply(status=401)) as gemini:
        env = {
            "OLLAMA_BASE_URL": f"http://127.0.0.1:{free_port()}",
            "GEMINI_API_KEY": KEY,
            "GEMINI_BASE_URL": gemini.url,
            "LOG_LEVEL": "DEBUG",
        }
        with Server(tmp_path / "data", env=env) as server:
            health = server.client.get("/health").json()
            assert (health["ollama"], health["status"]) == (False, "ok")
            assert "$79" in server.say("How much is Pro?", "s-1")["response"]
            assert server.stop() == 0
    assert gemini.asked
    assert "google_genai:gemini-1.5-flash" in server.log()
    assert KEY not in server.log()
    assert "How much is Pro?" not in server.log()


def test_with_nothing_configured_no_provider_is_imported(tmp_path: Path) -> None:
    program = f"""
import asyncio, sys
from pathlib import Path
from antiphon.core.change import Change
from antiphon.engine.receive import Request
from antiphon.settings import Settings
from antiphon.wiring import open_service

async def main():
    async with open_service(Settings(data_dir=Path({str(tmp_path)!r}))) as service:
        for pack in ("autoflow", "autostream"):
            change = Change(kind="message", value="What does the Pro plan cost?")
            await service.respond(Request(pack=pack, change=change, space="test", address="a"))

asyncio.run(main())
kept = ("langchain_core", "langchain_protocol")  # they come with langgraph
tops = {{name.partition(".")[0] for name in sys.modules}}
print(sorted(tops & {{"langchain", "ollama", "openai", "anthropic", "tiktoken"}}))
print([name for name in tops if name.startswith("langchain_") and name not in kept], "google.genai" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: S603 - ours
    assert done.stdout.splitlines() == ["[]", "[] False"]
