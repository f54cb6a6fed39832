"""Traces: from the request over the run and its nodes to the model, as an OTLP receiver gets them (AF.45)."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from antiphon.core.errors import ExtraMissing
from antiphon.core.model import ModelCall
from antiphon.engine import receive
from antiphon.engine.engine import Engine
from antiphon.observed import told_of_calls
from antiphon.settings import Settings
from antiphon.telemetry import Instruments, instruments
from antiphon.wiring import watch_of
from tests.engine.bench import message
from tests.server import Server, free_port
from tests.telemetry.collector import Collector, facts
from tests.telemetry.shop import Shop, shop, with_engine

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as running:
        yield running


@asynccontextmanager
async def traced(collector: Collector, **options: Any) -> AsyncIterator[Shop]:
    """A shop whose spans are all here when it has closed; each node is `work`, and asks a model."""
    watch = instruments(collector.endpoint, version="1")
    yield _with_a_node(shop(watch, **options), watch)
    await watch.close()


def _with_a_node(s: Shop, watch: Instruments) -> Shop:
    assert watch.traces is not None
    traces, told = watch.traces, told_of_calls(watch)

    async def work(turn: Any) -> Any:
        with traces.span("node counter", {"antiphon.node": "counter"}):
            told(ModelCall(model="ollama:llama3", purpose="drafting", outcome="ok", seconds=0.5))
            return await s.b.work(turn)

    def changed(engine: Engine) -> Engine:
        return replace(engine, businesses={"bakery": replace(engine.businesses["bakery"], work=work)})

    return with_engine(s, changed)


def line_of(collector: Collector, *names: str) -> list[Span]:
    """These spans, each of which must be the parent of the next."""
    spans = [collector.span(name) for name in names]
    for parent, child in pairwise(spans):
        assert child.parent_span_id == parent.span_id, f"{child.name} is no child of {parent.name}"
        assert child.trace_id == parent.trace_id
    return spans


async def test_af_45_one_trace_leads_from_the_request_to_the_model(collector: Collector) -> None:
    async with traced(collector) as s, s.client() as client:
        answer = await client.post("/say/ann", headers={"X-Request-ID": "req-1"})
    run_id = answer.json()["run_id"]
    request, turn, node, model = line_of(
        collector, "POST /say/{address}", "turn bakery", "node counter", "model ollama:llama3"
    )
    assert facts(request.attributes) == {
        "http.request.method": "POST",
        "http.route": "/say/{address}",
        "http.response.status_code": 200,
        "request_id": "req-1",
        "run_id": run_id,
    }
    assert facts(turn.attributes) == {"run_id": run_id, "request_id": "req-1", "antiphon.pack": "bakery"}
    assert facts(node.attributes) == {"antiphon.node": "counter"}
    assert facts(model.attributes)["gen_ai.request.model"] == "ollama:llama3"
    assert (model.end_time_unix_nano - model.start_time_unix_nano) / 1e9 == pytest.approx(0.5, abs=0.001)
    assert collector.paths == {"/v1/traces"}
    assert collector.resources[0]["service.name"] == "antiphon"
    assert collector.resources[0]["service.version"] == "1"


async def test_af_45_the_trace_goes_on_in_the_worker(collector: Collector) -> None:
    async with traced(collector) as s:
        async with s.client() as client:
            answer = (await client.post("/leave/ann", headers={"traceparent": f"00-{TRACE}-{PARENT}-01"})).json()
        await s.work_off(answer["conversation_id"])
    request, turn = line_of(collector, "POST /leave/{address}", "turn bakery")
    assert request.trace_id.hex() == TRACE
    assert request.parent_span_id.hex() == PARENT
    assert facts(turn.attributes)["run_id"] == answer["run_id"]
    assert turn.end_time_unix_nano > request.end_time_unix_nano


async def test_a_merged_turn_links_to_the_requests_that_it_answers_too(collector: Collector) -> None:
    async with traced(collector, burst="merge") as s:
        async with s.client() as client:
            answer = (await client.post("/leave/ann", headers={"traceparent": f"00-{TRACE}-{PARENT}-01"})).json()
            await client.post("/leave/ann")
        await s.work_off(answer["conversation_id"])
    turn = collector.span("turn bakery")
    (link,) = turn.links
    assert turn.trace_id.hex() != TRACE
    assert link.trace_id.hex() == TRACE


async def test_a_run_without_a_request_begins_a_trace_of_its_own(collector: Collector) -> None:
    async with traced(collector) as s:
        accepted = await s.b.store.accept(_arrival(s))
        await s.work_off(accepted.run.conversation_id)
    assert collector.span("turn bakery").parent_span_id == b""


def _arrival(s: Shop) -> Any:
    return receive._arrival(s.b.service.engine, message("hello"), s.b.service.engine.ids.new())


@pytest.mark.parametrize("traceparent", ["rubbish", "00-0-0-01", "", "00-" + "f" * 5000])
async def test_a_traceparent_that_is_none_begins_a_trace(collector: Collector, traceparent: str) -> None:
    async with traced(collector) as s, s.client() as client:
        answer = await client.post("/say/ann", headers={"traceparent": traceparent})
    assert answer.status_code == 200
    assert collector.span("POST /say/{address}").parent_span_id == b""


async def test_an_error_is_on_the_span_without_its_words(collector: Collector) -> None:
    async with traced(collector) as s, s.client() as client:
        s.b.work.failures = [RuntimeError("Ann Smith said so")]
        await client.post("/say/ann")
        await client.get("/broken")
    node, request = collector.span("node counter"), collector.span("GET /broken")
    assert (node.status.code, node.status.message) == (Status.STATUS_CODE_ERROR, "RuntimeError")
    assert request.status.code == Status.STATUS_CODE_ERROR
    assert facts(request.attributes)["http.response.status_code"] == 500
    assert b"Ann Smith" not in b"".join(span.SerializeToString() for span in collector.spans)
    assert b"fell over" not in b"".join(span.SerializeToString() for span in collector.spans)


async def test_a_collector_that_is_away_holds_up_nothing() -> None:
    watch = instruments(f"http://127.0.0.1:{free_port()}", version="1")
    s = shop(watch)
    began = time.monotonic()
    async with s.client() as client:
        for _ in range(10):
            assert (await client.post("/say/ann")).status_code == 200
    assert time.monotonic() - began < 2
    await asyncio.wait_for(watch.close(), 15)


def test_af_45_the_whole_product_is_traced(collector: Collector, tmp_path: Path) -> None:
    """The pack's own graph: every node that was visited has its span, under the request."""
    with Server(tmp_path / "data", env={"OTEL_EXPORTER_OTLP_ENDPOINT": collector.endpoint}) as server:
        answer = server.client.post(
            "/chat", json={"message": "hello", "session_id": "s-1"}, headers={"X-Request-ID": "req-1"}
        )
        assert server.stop() == 0  # what was not handed over yet is
    request, turn, understood = line_of(collector, "POST /chat", "turn autostream", "node classify_intent")
    nodes = [span.name for span in collector.spans if span.parent_span_id == turn.span_id]
    assert facts(request.attributes)["run_id"] == answer.headers["X-Run-ID"]
    assert nodes[0] == understood.name
    assert nodes[-1] == "node log_audit"
    assert collector.resources[0]["service.name"] == "antiphon"


def test_without_an_endpoint_nothing_of_it_is_imported() -> None:
    code = (
        "import sys; from antiphon.settings import Settings; from antiphon.wiring import application;"
        "application(Settings(_env_file=None));"
        "assert 'antiphon.telemetry' in sys.modules;"
        "assert 'antiphon.telemetry.tracing' not in sys.modules;"
        "assert not [name for name in sys.modules if name.startswith('opentelemetry.exporter')]"
    )
    env = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    subprocess.run([sys.executable, "-c", code], check=True, env=env)  # noqa: S603 - our own


async def test_the_framework_sends_nothing_of_its_own() -> None:
    """It would tell paths and queries, which name people, and the texts of exceptions."""
    assert not shop().app._native_telemetry.enabled()


def test_an_endpoint_without_the_extra_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "antiphon.telemetry.tracing", None)
    with pytest.raises(ExtraMissing, match="otel"):
        watch_of(Settings(otel_exporter_otlp_endpoint="http://localhost:4318"))
