"""`antiphon replay`: what recorded conversations would have come to under a changed pack."""

import asyncio
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from antiphon.cli.options import Data, settings_of
from antiphon.cli.screen import err, out
from antiphon.core.errors import AntiphonError

if TYPE_CHECKING:
    from antiphon.settings import Settings
    from antiphon.trying.replaying import Difference, RecordedUnderstanding, Replayed

Changed = Annotated[Path, typer.Option("--pack", help="Folder of the changed pack.")]
Since = Annotated[
    datetime | None,
    typer.Option(help="Replay what happened since then (UTC).", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object for each conversation that changed.")]

CHANGED, BROKEN = 1, 2  # exit statuses


@dataclass(kw_only=True)
class Totals:
    """What was replayed."""

    conversations: int = 0
    turns: int = 0
    changed: int = 0  # conversations
    erased: int = 0  # conversations that cannot be replayed

    def count(self, replayed: "Replayed") -> bool:
        """One more conversation; whether it would have gone differently."""
        changed = bool(replayed.differences or replayed.stuck)
        self.conversations += 1
        self.turns += replayed.turns
        self.erased += replayed.recorded.erased
        self.changed += changed
        return changed


def replay(pack: Changed, since: Since = None, data: Data = None, as_json: Json = False) -> None:
    """Run recorded conversations through a changed pack, without a model; 1 when one would have gone differently.

    Reads DATABASE_URL or a data folder, also beside a running server, and writes nothing there; 2 when it cannot.
    """
    try:
        totals = asyncio.run(_replay(pack, since and since.replace(tzinfo=UTC), settings_of(data_dir=data), as_json))
    except AntiphonError as error:
        err.print(str(error), markup=False, style="red", soft_wrap=True)
        raise typer.Exit(BROKEN) from None
    except typer.Exit:  # a setting that cannot be meant so, which was said
        raise typer.Exit(BROKEN) from None
    except Exception:  # noqa: BLE001 - a defect of ours must not look like a conversation that changed
        err.print_exception()
        raise typer.Exit(BROKEN) from None
    if totals.erased:
        err.print(f"{totals.erased} conversations were left out: something of them was erased.", style="yellow")
    if totals.changed:
        err.print(f"{totals.changed} of {totals.conversations} conversations would have gone differently.", style="red")
        raise typer.Exit(CHANGED)
    err.print(f"{totals.conversations} conversations with {totals.turns} turns would have gone the same.")


async def _replay(folder: Path, since: datetime | None, settings: "Settings", as_json: bool) -> Totals:
    from antiphon.cli.trial import workplace
    from antiphon.loader import load_pack
    from antiphon.trying.reading import reading
    from antiphon.trying.recorded import recorded
    from antiphon.trying.replaying import RecordedUnderstanding, replayed
    from antiphon.trying.stage import staged

    pack = load_pack(folder)
    name = pack.definition.name
    totals, used = Totals(), list["RecordedUnderstanding"]()
    async with reading(settings) as store, workplace(None) as vectors:
        kept = await store.kept_intents(name)

        def around(classifier: Any) -> RecordedUnderstanding:
            used.append(RecordedUnderstanding(classifier, pack.definition, kept))
            return used[-1]

        async with staged(pack, vectors, around) as stage:
            async for conversation in recorded(store, name, since):
                went = await replayed(conversation, stage.business, used[-1])
                if totals.count(went):
                    _print(went, as_json)
    if used[-1].understood_anew:
        err.print(f"{used[-1].understood_anew} messages were understood anew: the intents are others than they were.")
    return totals


def _print(replayed: "Replayed", as_json: bool) -> None:
    record = replayed.recorded.record
    if as_json:
        typer.echo(json.dumps(_facts(replayed), ensure_ascii=False))
        return
    out.print(f"conversation {record.id} ({record.space} {record.address})", markup=False, soft_wrap=True, style="bold")
    for binding in replayed.stuck:
        out.print(f"  has no place in the changed maps: {binding}", markup=False, soft_wrap=True, style="yellow")
    for difference in replayed.differences:
        change = difference.change
        said = f"{change.kind} {change.value!r}"
        out.print(f"  {difference.at:%Y-%m-%d %H:%M:%S} {said}", markup=False, soft_wrap=True)
        for line in difference.before:
            out.print(f"    - {line}", markup=False, soft_wrap=True, style="red")
        for line in difference.after:
            out.print(f"    + {line}", markup=False, soft_wrap=True, style="green")


def _facts(replayed: "Replayed") -> dict[str, Any]:
    record = replayed.recorded.record
    return {
        "conversation_id": record.id,
        "space": record.space,
        "address": record.address,
        "stuck": list(replayed.stuck),
        "differences": [_difference(one) for one in replayed.differences],
    }


def _difference(one: "Difference") -> dict[str, Any]:
    return {
        "run_id": one.run_id,
        "at": one.at.isoformat(),
        "change": {"kind": one.change.kind, "value": one.change.value},
        "before": list(one.before),
        "after": list(one.after),
    }
