"""`/metrics`: what is counted, timed and looked at, with labels that are bounded and never personal (AF.46)."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from antiphon.core.effect import Effect
from antiphon.core.errors import StoreUnavailable
from antiphon.core.model import ModelCall
from antiphon.core.pack import GateDef, PackDef
from antiphon.core.run import Outcome
from antiphon.core.step import Step
from antiphon.observed import reason_class, told_of_calls
from antiphon.telemetry import Instruments, Metrics
from antiphon.telemetry.metrics import MAX_SERIES, OTHER
from tests.engine.bench import PACK
from tests.telemetry.shop import shop, with_engine

ESCALATED = Outcome(status="escalated", reply="A person will.", intent="buy", confidence=0.3, reason="other")
STEPS = (
    Step(node="classify_intent", agent="orchestrator", action="classified_intent", ms=2.0),
    Step(node="counter", agent="seller", action="sold", ms=40.0),
)


async def test_a_run_is_counted_by_pack_status_and_intent() -> None:
    s = shop()
    async with s.client() as client:
        await client.post("/say/ann")
        s.b.work.proposal = {"outcome": ESCALATED}
        await client.post("/say/bob")
    assert s.value("antiphon_runs_total", pack="bakery", status="completed", intent="ask") == 1
    assert s.value("antiphon_runs_total", pack="bakery", status="escalated", intent="buy") == 1
    assert s.value("antiphon_escalations_total", pack="bakery", reason="other") == 1
    assert s.value("antiphon_confidence_bucket", pack="bakery", intent="buy", le="0.3") == 1
    assert s.value("antiphon_confidence_bucket", pack="bakery", intent="buy", le="0.2") == 0


async def test_every_run_of_a_merged_turn_is_counted_with_its_own_wait() -> None:
    s = shop(burst="merge")
    async with s.client() as client:
        first = await client.post("/leave/ann")
        s.b.clock.advance(20)
        await client.post("/leave/ann")
        s.b.clock.advance(20)
    await s.work_off(first.json()["conversation_id"])
    assert s.b.work.seen == ["hello\nhello"]
    assert s.value("antiphon_runs_total", pack="bakery", status="completed", intent="ask") == 2
    assert s.value("antiphon_turn_seconds_sum", pack="bakery") == 60  # 40 and 20
    assert s.value("antiphon_turn_work_seconds_count", pack="bakery") == 1


async def test_steps_are_timed_by_node_and_agent() -> None:
    s = shop()
    s.b.work.proposal = {"steps": STEPS}
    async with s.client() as client:
        await client.post("/say/ann")
    labels = {"pack": "bakery", "node": "counter", "agent": "seller"}
    assert s.value("antiphon_step_seconds_sum", **labels) == pytest.approx(0.04)
    assert s.value("antiphon_step_seconds_count", **labels) == 1


async def test_af_46_errors_are_counted_by_what_the_message_meant() -> None:
    s = shop()
    s.b.work.failures = [RuntimeError("a defect")]

    async with s.client() as client:
        assert (await client.post("/say/ann")).status_code == 500
    assert s.value("antiphon_turn_errors_total", pack="bakery", intent="none", error="RuntimeError") == 1
    assert s.value("antiphon_runs_total", pack="bakery", status="failed", intent="none") == 1
    assert s.value("antiphon_turn_work_seconds_count", pack="bakery") is None  # no work was done


async def test_a_turn_that_is_put_off_is_no_error() -> None:
    s = shop()
    s.b.work.failures = [StoreUnavailable(reason="away")]
    async with s.client() as client:
        assert (await client.post("/say/ann")).status_code == 503
    assert "antiphon_turn_errors_total{" not in s.watch.metrics.exposition("")[0].decode()
    assert "antiphon_runs_total{" not in s.watch.metrics.exposition("")[0].decode()


async def test_a_turn_that_is_not_committed_is_not_counted() -> None:
    s = shop()
    s.b.work.hold = asyncio.Event()
    async with s.client() as client:
        saying = asyncio.create_task(client.post("/say/ann"))
        await s.b.work.started.wait()
        s.b.clock.advance(31)
        (conversation_id,) = await s.b.store.waiting(1)
        await s.b.store.claim(conversation_id, "somebody else")
        s.b.work.hold.set()
        assert (await saying).status_code == 503
    assert "antiphon_runs_total{" not in s.watch.metrics.exposition("")[0].decode()


async def test_requests_are_timed_by_route_template_and_never_by_path() -> None:
    s = shop()
    async with s.client() as client:
        await client.post("/say/+4915112345678")
        await client.get("/who/is/ann@example.com")
        await client.request("FETCH", "/livez")
        await client.get("/broken")
        text = (await client.get("/metrics")).text
    assert s.value("antiphon_http_seconds_count", method="POST", route="/say/{address}", status="2xx") == 1
    assert s.value("antiphon_http_seconds_count", method="GET", route=OTHER, status="4xx") == 1
    assert s.value("antiphon_http_seconds_count", method=OTHER, route="/livez", status="4xx") == 1
    assert s.value("antiphon_http_seconds_count", method="GET", route="/broken", status="5xx") == 1
    assert not any(word in text for word in ("4915112345678", "ann@", "FETCH"))


async def test_only_requests_that_bring_a_run_are_acknowledgements() -> None:
    s = shop()
    async with s.client() as client:
        await client.get("/livez")
        await client.post("/leave/ann")
        await client.post("/leave/ann", params={"text": "again"})
        await client.get("/livez")
        s.b.work.failures = [RuntimeError("a defect")]
        await client.post("/say/bob")
    assert s.value("antiphon_ack_seconds_count", route="/leave/{address}") == 2
    assert s.value("antiphon_ack_seconds_count", route="/livez") is None
    assert s.value("antiphon_ack_seconds_count", route="/say/{address}") is None  # stored, and not told so


async def test_gauges_say_what_is_to_be_done_now() -> None:
    s = shop()
    s.b.work.proposal = {"effects": (Effect(kind="notify"), Effect(kind="notify"))}
    async with s.client() as client:
        await client.post("/say/ann")
        await client.post("/leave/bob")
        s.b.clock.advance(90)
        text = (await client.get("/metrics")).text
    assert 'antiphon_effects{status="pending"} 2.0' in text
    assert 'antiphon_effects{status="parked"} 0.0' in text
    assert "antiphon_queue_conversations 1.0" in text
    assert "antiphon_queue_oldest_seconds 90.0" in text
    assert "antiphon_store_away 0.0" in text
    assert "antiphon_hot_store_away 0.0" in text


async def test_turns_in_flight_are_counted_while_they_are() -> None:
    s = shop()
    s.b.work.hold = asyncio.Event()
    async with s.client() as client:
        saying = asyncio.create_task(client.post("/say/ann"))
        await s.b.work.started.wait()
        assert "antiphon_turns_in_flight 1.0" in (await client.get("/metrics")).text
        s.b.work.hold.set()
        await saying
        assert "antiphon_turns_in_flight 0.0" in (await client.get("/metrics")).text


async def test_a_store_that_is_away_is_said_and_the_rest_is_told() -> None:
    s = shop()
    async with s.client() as client:
        await client.post("/say/ann")
        await s.b.store.close()
        answer = await client.get("/metrics")
    assert answer.status_code == 200
    assert "antiphon_store_away 1.0" in answer.text
    assert 'antiphon_runs_total{intent="ask",pack="bakery",status="completed"} 1.0' in answer.text


async def test_a_shared_hot_store_that_is_away_is_said() -> None:
    class Away:
        async def away(self) -> str:
            return "connection refused"

    hot: Any = Away()
    s = with_engine(shop(), lambda engine: replace(engine, hot=hot, hot_is_shared=True))
    async with s.client() as client:
        assert "antiphon_hot_store_away 1.0" in (await client.get("/metrics")).text


async def test_prometheus_gets_the_format_that_it_asks_for() -> None:
    async with shop().client() as client:
        plain = await client.get("/metrics")
        asked = await client.get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
    assert plain.headers["content-type"].startswith("text/plain")
    assert asked.headers["content-type"].startswith("application/openmetrics-text")
    assert asked.text.endswith("# EOF\n")


async def test_two_applications_of_one_process_count_apart() -> None:
    one, other = shop(), shop()
    async with one.client() as client:
        await client.post("/say/ann")
    assert one.value("antiphon_runs_total", pack="bakery", status="completed", intent="ask") == 1
    assert other.value("antiphon_runs_total", pack="bakery", status="completed", intent="ask") is None


def test_calls_of_models_are_timed_and_fallbacks_counted() -> None:
    watch = Instruments()
    told = told_of_calls(watch)
    told(ModelCall(model="ollama:llama3", purpose="drafting", outcome="failed", seconds=2.0))
    told(ModelCall(model="ollama:llama3", purpose="drafting", outcome="fallback", seconds=0.0))
    read = watch.metrics.registry.get_sample_value
    labels = {"model": "ollama:llama3", "purpose": "drafting"}
    assert read("antiphon_model_seconds_sum", {**labels, "outcome": "failed"}) == 2.0
    assert read("antiphon_model_seconds_count", {**labels, "outcome": "fallback"}) is None  # it would bend the times
    assert read("antiphon_model_fallbacks_total", labels) == 1


def test_a_label_that_is_not_bounded_after_all_ends_in_other() -> None:
    metrics = Metrics()
    for number in range(MAX_SERIES * 2):
        metrics.run("bakery", "completed", f"made up {number}", 1.0, None)
    samples = [
        sample
        for family in metrics.registry.collect()
        for sample in family.samples
        if sample.name == "antiphon_runs_total"
    ]
    assert len(samples) == MAX_SERIES + 1
    assert metrics.registry.get_sample_value(
        "antiphon_runs_total", {"pack": OTHER, "status": OTHER, "intent": OTHER}
    ) == float(MAX_SERIES)


GATED: PackDef = PACK.model_copy(
    update={
        "gate": GateDef.model_validate(
            {
                "handoff_below": 0.4,
                "handoff_intents": ["ask"],
                "handoff_when": [{"scale": "severity", "levels": ["high", "critical"], "reason": "A {level} issue"}],
            }
        )
    }
)


@pytest.mark.parametrize(
    ("intent", "reason", "kind"),
    [
        ("ask", "a person handles ask", "intent"),
        ("buy", "A critical issue", "severity"),
        ("buy", "confidence 0.30 is below 0.40", "confidence"),
        ("buy", "Ann Smith says that the model is away", "other"),
        ("buy", None, "other"),
    ],
)
def test_reasons_are_told_as_one_of_few_words(intent: str, reason: str | None, kind: str) -> None:
    outcome = Outcome(status="escalated", intent=intent, confidence=0.3, reason=reason)
    assert reason_class(GATED, outcome) == kind
