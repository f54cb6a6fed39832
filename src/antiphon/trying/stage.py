"""What the scenarios of a pack are played with: the pack understood and ready, once for all of them."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, time
from pathlib import Path

from antiphon.core.model import LOCAL, SCRIPTED, split
from antiphon.core.pack import ModelsDef
from antiphon.core.scenario import FIRST_DAY
from antiphon.engine.engine import Business
from antiphon.loader import LoadedPack
from antiphon.ports import Classifier
from antiphon.settings import Settings
from antiphon.testing import MemoryStores, SettableClock
from antiphon.wiring import Language

START = datetime.combine(FIRST_DAY, time(9), tzinfo=UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class Stage:
    """A pack, ready to work."""

    pack: LoadedPack
    business: Business


@asynccontextmanager
async def staged(
    pack: LoadedPack, vectors: Path, around: Callable[[Classifier], Classifier] = lambda classifier: classifier
) -> AsyncIterator[Stage]:
    """A pack that is understood without any model but the encoder that comes with us.

    Args:
        vectors: folder for those of the pack's texts, so that a second time is quick.
        around: has the last word on who understands.
    """
    language = Language(vectors)
    try:
        # As a new installation has them, whatever is set where this runs: the same pack gives the same results.
        settings = Settings.model_construct(data_dir=vectors, pack_models={pack.definition.name: _models(pack)})
        store = MemoryStores(clock=SettableClock(START)).tenant()
        yield Stage(pack=pack, business=await language.business(pack, store, settings, around=around))
    finally:
        language.encoder.close()


def _models(pack: LoadedPack) -> dict[str, str]:
    """Those of the pack that only replay a script; `local` for all others."""
    named = {use: getattr(pack.definition.models, use) or LOCAL for use in ModelsDef.model_fields}
    return {use: name if split(name)[0] == SCRIPTED else LOCAL for use, name in named.items()}
