"""A shop at work on twins, watched: what it counts, logs and traces is looked at from outside."""

import asyncio
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any

import httpx
from fastapi import FastAPI

from antiphon.api.access import Served
from antiphon.api.app import create_app
from antiphon.api.door import Door
from antiphon.core.change import Change
from antiphon.engine.receive import Request, receive
from antiphon.engine.service import Service
from antiphon.observed import observed
from antiphon.telemetry import Instruments
from tests.engine.bench import Bench, bench, message


@dataclass(frozen=True, kw_only=True)
class Shop:
    """A watched service with its application, and everything that it stands on."""

    b: Bench
    service: Service
    watch: Instruments
    app: FastAPI

    def client(self) -> httpx.AsyncClient:
        """Somebody who calls; what a server would turn into a 500 is one."""
        door = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=door, base_url="http://shop")

    def value(self, name: str, **labels: str) -> float | None:
        """What a series says now."""
        return self.watch.metrics.registry.get_sample_value(name, labels)

    async def work_off(self, conversation_id: str) -> None:
        """What the worker does with a wake-up, in a task of its own."""
        await asyncio.create_task(self.service.turns.work_off(conversation_id))


def shop(watch: Instruments | None = None, *, door: Door | None = None, **options: Any) -> Shop:
    """A shop whose routes answer a message at once, or accept it for later."""
    watch, b = watch or Instruments(), bench(**options)
    service = Service.of(observed(b.service.engine, watch), b.service.limiter)
    app = create_app(lambda: nullcontext(service), door, watch)
    app.state.service = service  # no server starts it here

    @app.post("/say/{address}")
    async def say(address: str, served: Served, text: str = "hello", key: str | None = None) -> dict[str, str]:
        answer = await served.respond(message(text, address, idempotency_key=key))
        return {"run_id": answer.run_id}

    @app.post("/leave/{address}", status_code=202)
    async def leave(address: str, served: Served, text: str = "hello", key: str | None = None) -> dict[str, str]:
        request = Request(
            pack="bakery",
            change=Change(kind="message", value=text),
            space="test",
            address=address,
            idempotency_key=key,
        )
        accepted = await receive(served.engine, request)
        return {"run_id": accepted.run.id, "conversation_id": accepted.run.conversation_id}

    @app.get("/broken")
    async def broken() -> None:
        raise RuntimeError("it fell over")

    return Shop(b=b, service=service, watch=watch, app=app)


def with_engine(found: Shop, change: Callable[[Any], Any]) -> Shop:
    """The same shop on an engine that was changed."""
    service = Service.of(change(found.service.engine), found.service.limiter)
    found.app.state.service = service
    return replace(found, service=service)
