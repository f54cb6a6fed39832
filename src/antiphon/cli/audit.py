"""`antiphon audit`: what a store can prove, and the story of a conversation. Both work beside a running server."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from antiphon.cli.options import Data, settings_of
from antiphon.cli.running import run
from antiphon.cli.screen import err, out

if TYPE_CHECKING:
    from antiphon.engine.audit import Audited
    from antiphon.storage.sqlite import SqliteStores

app = typer.Typer(no_args_is_help=True, help="Prove that nothing was changed, or tell a conversation's story.")

Tenant = Annotated[str, typer.Option(help="Whose conversation.")]


@app.command()
def verify(data: Data = None) -> None:
    """Walk every conversation's hash chain and name the first broken event of each; 1 when there is one."""
    totals = run(_verify(settings_of(data_dir=data).data_dir))
    if totals.broken:
        err.print(f"{totals.broken} of {totals.conversations} conversations are broken.", style="red")
        raise typer.Exit(1)
    out.print(f"{totals.conversations} conversations with {totals.events} events: every chain holds.")
    out.print(f"{totals.folded} snapshots are what their events make.")
    if totals.erased:
        out.print(f"{totals.erased} events were erased; {totals.unfolded} snapshots cannot be compared for that.")


@app.command()
def show(
    conversation: Annotated[str, typer.Argument(help="A conversation's id, a session id, or an outside address.")],
    data: Data = None,
    tenant: Tenant = "default",
) -> None:
    """Print a conversation's whole story: each event, the rule that won, what else was considered, versions."""
    run(_show(settings_of(data_dir=data).data_dir, tenant, conversation))


@dataclass(kw_only=True)
class Totals:
    """What was walked, over all tenants."""

    conversations: int = 0
    events: int = 0
    erased: int = 0  # events
    folded: int = 0  # snapshots that equal the fold of their events
    broken: int = 0  # conversations

    @property
    def unfolded(self) -> int:
        """Snapshots that nothing can be said about."""
        return self.conversations - self.folded - self.broken

    def count(self, audited: "Audited") -> None:
        """One more conversation."""
        self.conversations += 1
        self.events += audited.events
        self.erased += audited.erased
        self.folded += audited.folded
        self.broken += audited.broken is not None


async def _verify(folder: Path) -> Totals:
    from rich.progress import Progress, SpinnerColumn, TextColumn

    from antiphon.engine.audit import audit

    totals = Totals()
    columns = (SpinnerColumn(), TextColumn("{task.completed:,.0f} conversations"))
    async with _reading(folder) as stores:
        with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress:
            task = progress.add_task("", total=None)
            for tenant in await stores.tenants():
                async for audited in audit(stores.tenant(tenant)):
                    totals.count(audited)
                    progress.advance(task)
                    if audited.broken:
                        progress.console.print(_named(audited, tenant), style="red", markup=False, soft_wrap=True)
    return totals


def _named(audited: "Audited", tenant: str) -> str:
    """The first broken event, in one line."""
    broken = audited.broken
    if broken is None:
        raise AssertionError("only what is broken is named")
    kind = f" ({broken.kind})" if broken.kind else ""
    of = "" if tenant == "default" else f" of tenant {tenant}"
    line = f"BROKEN conversation {audited.conversation_id}{of}, event {broken.sequence}{kind}: {broken.reason}"
    return line.encode("utf-8", "backslashreplace").decode()  # what a damaged store gives back need not be text


async def _show(folder: Path, tenant: str, wanted: str) -> None:
    from antiphon.cli.story import tell

    async with _reading(folder) as stores:
        await tell(stores.tenant(tenant), wanted, out)


@asynccontextmanager
async def _reading(folder: Path) -> "AsyncIterator[SqliteStores]":
    from antiphon.clock import SystemClock
    from antiphon.storage.sqlite import open_sqlite_readonly

    stores = await open_sqlite_readonly(folder, clock=SystemClock())
    try:
        yield stores
    finally:
        await stores.close()
