"""A process without HTTP of its own shows its metrics on a port for that."""

import asyncio
from pathlib import Path

import httpx
import pytest

from antiphon.core.errors import SettingInvalid
from antiphon.settings import Settings
from antiphon.wiring import work_service
from tests.server import free_port


async def test_a_worker_shows_its_metrics_and_its_health(tmp_path: Path) -> None:
    settings, begun = Settings(data_dir=tmp_path, metrics_port=free_port()), asyncio.Event()
    shown: dict[str, httpx.Response] = {}

    async def look() -> None:
        await begun.wait()
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{settings.metrics_port}") as client:
            for path in ("/metrics", "/readyz", "/chat"):
                shown[path] = await client.get(path, headers={"X-Request-ID": "req-1"})

    await work_service(settings, look, begun.set)
    assert "antiphon_queue_conversations 0.0" in shown["/metrics"].text
    assert shown["/readyz"].status_code == 200
    assert shown["/chat"].status_code == 404
    assert shown["/chat"].headers["X-Request-ID"] == "req-1"
    with pytest.raises(httpx.ConnectError):
        await look()


async def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    settings, begun = Settings(data_dir=tmp_path / "one", metrics_port=free_port()), asyncio.Event()

    async def never() -> None:
        await asyncio.Event().wait()

    async def second() -> None:
        await begun.wait()
        with pytest.raises(SettingInvalid, match="METRICS_PORT"):
            await work_service(settings.model_copy(update={"data_dir": tmp_path / "two"}), never)

    await work_service(settings, second, begun.set)
