"""What every test stands on: one event loop, and properties that do not depend on how busy the machine is."""

import os
import sys
from typing import Any

import pytest
from hypothesis import settings

from tests.services import (
    own_postgres_url,
    postgres_server,
    postgres_url,
    pytest_terminal_summary,
    quiet_postgres_url,
    redis_server,
    redis_url,
)

__all__ = [
    "own_postgres_url",
    "postgres_server",
    "postgres_url",
    "pytest_terminal_summary",
    "quiet_postgres_url",
    "redis_server",
    "redis_url",
]

# Nobody's key and nobody's server: a test that wants a model starts one. Empty, so that a .env file counts for nothing.
for provider in ("OLLAMA_BASE_URL", "GEMINI_API_KEY", "CONVERSE_LLM_API_KEY", "ANTHROPIC_API_KEY", "OPENAI_API_KEY"):
    os.environ[provider] = ""

settings.register_profile("antiphon", deadline=None)  # on a busy machine a slow example is no failure
settings.load_profile("antiphon")


@pytest.fixture(scope="session")
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """Run async tests and fixtures on the loop that `antiphon serve` runs on."""
    return "asyncio", {"use_uvloop": sys.platform != "win32"}
