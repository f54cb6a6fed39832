"""Scales without a model: each is a small classifier on the pack's examples, over the vector that the intent used."""

from collections.abc import Mapping
from dataclasses import dataclass

from antiphon.core.pack import ScaleDef
from antiphon.core.scale import Cues, Grade, grade
from antiphon.language.embeddings import EmbeddingCache
from antiphon.language.intents import IntentClassifier, learn
from antiphon.ports import Encoder


@dataclass(frozen=True, kw_only=True, slots=True)
class LearntScale:
    """A scale that is ready to judge."""

    definition: ScaleDef
    cues: Cues
    levels: IntentClassifier


class LocalScales:
    """`ports.Scales` with the local encoder. The gist was encoded for its intent, and is remembered."""

    def __init__(self, encoder: Encoder, learnt: Mapping[str, LearntScale]) -> None:
        self._encoder = encoder
        self._learnt = learnt

    async def judge(self, scale: str, text: str, *, gist: str) -> Grade:
        """The level of one message on one scale."""
        learnt = self._learnt[scale]
        understood = learnt.levels.classify(await self._encoder.encode(gist))
        shares = dict(understood.ranked) if understood.in_scope else {}
        return grade(scale, learnt.definition, learnt.cues, shares, text)


async def learn_scales(scales: Mapping[str, ScaleDef], cache: EmbeddingCache) -> dict[str, LearntScale]:
    """Every scale of a pack, taught by its examples. Some 50 ms a scale once the vectors are in the cache."""
    return {
        name: LearntScale(
            definition=definition,
            cues=Cues.of(definition),
            levels=await learn(
                [(example, level) for level, taught in definition.levels.items() for example in taught.examples], cache
            ),
        )
        for name, definition in scales.items()
    }
