"""A conversation in the terminal, with the engine in this process or with a running server."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import TypeAlias
from uuid import uuid4

import httpx
from rich.console import Console
from rich.markdown import Markdown
from rich.padding import Padding

from antiphon.api.autostream.names import SESSION
from antiphon.core.change import Change
from antiphon.core.errors import AntiphonError
from antiphon.engine.receive import Request
from antiphon.engine.service import Service

Talk: TypeAlias = Callable[[str], Awaitable[str]]  # a message to its reply

TIMEOUT_SECONDS = 30.0


def new_session() -> str:
    """A session id that nobody has used."""
    return f"terminal-{uuid4().hex[:8]}"


async def chat_in_process(
    opening: AbstractAsyncContextManager[Service], pack: str, session: str, console: Console
) -> None:
    """Talk to a pack with the engine in this process. The conversation is kept in the data folder.

    Raises:
        DataFolderInUse: a server owns the folder: talk to it instead.
    """
    async with opening as service:
        space = SESSION if pack == "autostream" else f"{pack}/session"

        async def talk(message: str) -> str:
            change = Change(kind="message", value=message)
            answered = await service.respond(Request(pack=pack, change=change, space=space, address=session))
            return answered.outcome.reply or ""

        await _converse(talk, service.business(pack).pack.title, session, console)


async def chat_with_server(url: str, session: str, console: Console) -> None:
    """Talk to AutoStream on a running server."""
    async with httpx.AsyncClient(base_url=url, timeout=TIMEOUT_SECONDS) as client:

        async def talk(message: str) -> str:
            try:
                answer = await client.post("/chat", json={"message": message, "session_id": session})
                answer.raise_for_status()
            except httpx.HTTPStatusError as error:
                return f"({error.response.status_code}: {error.response.text})"
            except httpx.TransportError as error:
                return f"({url} cannot be reached: {type(error).__name__})"
            return str(answer.json()["response"])

        await _converse(talk, "AutoStream", session, console)


async def _converse(talk: Talk, title: str, session: str, console: Console) -> None:
    console.print(f"[bold]{title}[/bold] [dim]· session {session} · an empty line or Ctrl-D ends it[/dim]")
    while True:
        try:
            message = console.input("[bold cyan]you[/bold cyan] > ").strip()
        except (EOFError, KeyboardInterrupt):
            message = ""
        if not message:
            console.print(f"[dim]Go on later with --session {session}[/dim]")
            return
        try:
            reply = await talk(message)
        except AntiphonError as error:
            reply = f"({error})"
        console.print(Padding(Markdown(reply), (0, 0, 1, 2)))
