"""`antiphon chat`: a conversation in the terminal."""

from typing import Annotated

import typer

from antiphon.cli.options import Data, Packs, settings_of
from antiphon.cli.running import run
from antiphon.cli.screen import fail, out


def chat(
    pack: Annotated[str, typer.Option(help="Pack to talk to.")] = "autostream",
    session: Annotated[str | None, typer.Option(help="Session to go on with.", show_default="a new one")] = None,
    url: Annotated[str | None, typer.Option(help="A running server; without it the engine runs here.")] = None,
    data: Data = None,
    packs: Packs = None,
) -> None:
    """Talk to a pack in the terminal."""
    from antiphon.cli.terminal import chat_in_process, chat_with_server, new_session

    session = session or new_session()
    if url:
        if pack != "autostream":
            fail("A server talks for the pack autostream only; leave --url out to talk to another pack here.")
        run(chat_with_server(url, session, out))
    else:
        from antiphon.wiring import open_service

        opening = open_service(settings_of(data_dir=data, packs_dir=packs))
        run(chat_in_process(opening, pack, session, out))
