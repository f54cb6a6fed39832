"""What is composed around nodes does its part under both drivers, and changes nothing of the result."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from antiphon.core.names import Facts, PackName, RunId
from antiphon.core.proposal import Proposal
from antiphon.core.step import Step
from antiphon.graph.drivers import DriverChoice, driver_of
from antiphon.graph.work import work_with
from antiphon.observed import notice_intent, timed_work
from antiphon.telemetry import Metrics
from tests.telemetry.graphs import graph, turn

DRIVERS: tuple[DriverChoice, ...] = ("straight", "langgraph")
VISITED = ["classify_intent", "advance_process", "greeter", "gate", "synthesize_response", "log_audit"]


def untimed(proposal: Proposal) -> Proposal:
    return replace(proposal, steps=tuple(replace(step, ms=0.0) for step in proposal.steps))


@pytest.mark.parametrize("driver", DRIVERS)
async def test_steps_are_told_with_their_time_and_the_run_of_the_turn(driver: DriverChoice) -> None:
    heard: list[tuple[PackName, RunId, Step]] = []
    graph_ = graph(on_step=lambda pack, run_id, step: heard.append((pack, run_id, step)))
    proposal = await work_with(driver_of(graph_, driver))(turn("r1", "r2"))

    assert [step for _, _, step in heard] == list(proposal.steps)
    assert {(pack, run_id) for pack, run_id, _ in heard} == {("shop", "r2")}  # a merged turn is the latest run's
    assert len(heard) >= 3
    assert all(step.ms > 0 for _, _, step in heard)


async def test_a_step_is_told_before_the_next_node_begins() -> None:
    order: list[str] = []

    @contextmanager
    def span(name: str, facts: Facts) -> Iterator[None]:
        order.append(name)
        yield

    await work_with(driver_of(graph(on_step=lambda _, __, step: order.append(step.node), span=span)))(turn("r1"))
    assert order[:4] == ["node classify_intent", "classify_intent", "node advance_process", "advance_process"]


@pytest.mark.parametrize("driver", DRIVERS)
async def test_each_node_runs_in_a_span(driver: DriverChoice) -> None:
    nodes: list[object] = []

    @contextmanager
    def span(name: str, facts: Facts) -> Iterator[None]:
        nodes.append(facts["antiphon.node"])
        yield

    await work_with(driver_of(graph(span=span), driver))(turn("r1"))
    assert nodes == VISITED


@pytest.mark.parametrize("driver", DRIVERS)
async def test_the_proposal_is_the_same_with_and_without(driver: DriverChoice) -> None:
    @contextmanager
    def span(name: str, facts: Facts) -> Iterator[None]:
        yield

    plain = await work_with(driver_of(graph(), driver))(turn("r1"))
    wrapped = await work_with(driver_of(graph(on_step=lambda *_: None, span=span), driver))(turn("r1"))
    assert untimed(wrapped) == untimed(plain)


@pytest.mark.parametrize("driver", DRIVERS)
async def test_af_46_a_defect_behind_the_understanding_is_counted_by_the_intent(driver: DriverChoice) -> None:
    def broken(reply: str, facts: Facts) -> str:
        raise KeyError(reply)

    metrics = Metrics()
    work = work_with(driver_of(graph(on_step=notice_intent, render=broken), driver))
    with pytest.raises(KeyError):
        await timed_work(work, metrics)(turn("r1"))
    labels = {"pack": "shop", "intent": "greeting", "error": "KeyError"}
    assert metrics.registry.get_sample_value("antiphon_turn_errors_total", labels) == 1


async def test_nodes_are_still_walked_by_the_straight_driver(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    driver_of(graph(on_step=lambda *_: None))
    assert "LangGraph's runtime walks" not in caplog.text
