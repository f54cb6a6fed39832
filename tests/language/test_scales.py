"""Scales learnt from examples: what they say of letters that they have not seen, and what they cost."""

from pathlib import Path

import pytest

from antiphon.core.pack import LevelDef, ScaleDef
from antiphon.language.embeddings import EmbeddingCache
from antiphon.language.encoder import OnnxEncoder
from antiphon.language.scales import LocalScales, learn_scales
from antiphon.ports import Scales

HURRY = ScaleDef(
    otherwise="some",
    levels={
        "none": LevelDef(
            examples=("there is no hurry", "whenever you have time", "not urgent at all", "just out of curiosity"),
        ),
        "some": LevelDef(
            examples=(
                "please look at it this week",
                "it would help us soon",
                "in the next days",
                "when can you do it?",
            ),
        ),
        "great": LevelDef(
            examples=("we need it right now", "this is an emergency", "help us immediately", "every minute counts"),
            at_least=(r"\bburning\b",),
        ),
    },
)


class CountingEncoder:
    """The encoder, and how often it was asked."""

    def __init__(self, encoder: OnnxEncoder) -> None:
        self._encoder = encoder
        self.asked: list[str] = []

    async def encode(self, text: str) -> bytes:
        self.asked.append(text)
        return await self._encoder.encode(text)


@pytest.fixture
async def counting(encoder: OnnxEncoder) -> CountingEncoder:
    return CountingEncoder(encoder)


@pytest.fixture
async def scales(encoder: OnnxEncoder, counting: CountingEncoder, tmp_path: Path) -> Scales:
    return LocalScales(counting, await learn_scales({"hurry": HURRY}, EmbeddingCache(tmp_path, encoder)))


@pytest.mark.parametrize(
    ("gist", "level"),
    [
        ("We must have it at once, it is an emergency", "great"),
        ("I am merely curious, take your time, it is not urgent", "none"),
        ("qwe rty", "some"),
    ],
)
async def test_what_is_like_the_examples(gist: str, level: str, scales: Scales) -> None:
    assert (await scales.judge("hurry", gist, gist=gist)).level == level


async def test_a_cue_counts_wherever_it_stands(scales: Scales) -> None:
    found = await scales.judge("hurry", "no hurry\n\nPS: the kitchen is burning", gist="no hurry")
    assert found.level == "great"
    assert found.why["at_least"] == "burning"


async def test_the_gist_is_all_that_is_encoded(scales: Scales, counting: CountingEncoder) -> None:
    counting.asked.clear()
    await scales.judge("hurry", "a long letter " * 500, gist="no hurry")
    assert counting.asked == ["no hurry"]
