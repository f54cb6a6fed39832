"""`antiphon chat-token`: a token with which a browser may speak as a contact."""

from typing import Annotated

import typer

from antiphon.cli.options import settings_of
from antiphon.cli.screen import fail, out


def chat_token(
    contact: Annotated[str, typer.Argument(help="The contact's id, as it stands in the address of the WebSocket.")],
    hours: Annotated[float, typer.Option(min=0.01, max=8760, help="For how long it is valid.")] = 24.0,
) -> None:
    """Print a token of web chat, signed with CONVERSE_SECRET_KEY or the settings file's secret_key."""
    from datetime import timedelta

    from antiphon.channels.chat import make_token
    from antiphon.clock import SystemClock
    from antiphon.settings import listed

    secrets = listed(settings_of().converse_secret_key)
    if not secrets:
        fail("CONVERSE_SECRET_KEY is not set, so chat asks for no token.")
    out.print(make_token(secrets[0], contact, SystemClock().now() + timedelta(hours=hours)), soft_wrap=True)
