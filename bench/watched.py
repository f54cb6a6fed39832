"""The product with stop watches around its ports; `GET /watch` tells what they show."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, cast

import typer

from antiphon.api.app import create_app
from antiphon.engine.engine import Business
from antiphon.engine.service import Service
from antiphon.graph.build import build_turn_graph
from antiphon.graph.drivers import driver_of
from antiphon.graph.work import work_with
from antiphon.ports import Knowledge, Store, Work
from antiphon.serve import serve
from antiphon.settings import Settings
from antiphon.testing import FixedScales
from antiphon.wiring import open_service
from bench.watch import Watch, WatchedClassifier, WatchedHttp, WatchedKnowledge, watched_service


def main(
    port: Annotated[int, typer.Option()],
    data: Annotated[Path, typer.Option()],
    packs: Annotated[Path | None, typer.Option()] = None,
) -> None:
    """Serve until SIGTERM."""
    settings, watch = Settings(data_dir=data, packs_dir=packs), Watch()

    def work(business: Business, store: Store, watch: Watch) -> Work:
        graph = build_turn_graph(
            business.pack,
            classifier=WatchedClassifier(business.classifier, watch),
            scales=FixedScales(),  # the pack that is measured has none
            knowledge=cast("Knowledge", WatchedKnowledge(business.knowledge, watch)),
            numbers=store,
            render=business.render,
            versions={"pack": business.version, "model": "watched"},
        )
        return work_with(driver_of(graph, settings.graph_driver))

    @asynccontextmanager
    async def opened() -> AsyncIterator[Service]:
        async with open_service(settings) as service:
            yield watched_service(service, watch, work)

    async def seen() -> dict[str, float]:
        return {**watch.seconds, "turns": watch.turns}

    app = create_app(opened)
    app.add_api_route("/watch", seen, methods=["GET"])
    app.add_middleware(WatchedHttp, watch=watch, path="/chat")
    serve(app, "127.0.0.1", port)


if __name__ == "__main__":
    typer.run(main)
