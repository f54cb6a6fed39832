"""A trial of understanding: learn from one file, and see what becomes of another's messages."""

import statistics
import time
from dataclasses import dataclass
from pathlib import Path

from antiphon.cli.json_lines import Labelled, lines_of
from antiphon.cli.screen import err
from antiphon.cli.trial import bars, workplace
from antiphon.core.errors import LineInvalid
from antiphon.language.embeddings import EmbeddingCache
from antiphon.language.encoder import OnnxEncoder
from antiphon.language.intents import OUT_OF_SCOPE, learn
from antiphon.language.local import LocalClassifier
from antiphon.language.measure import Measures


@dataclass(frozen=True, kw_only=True, slots=True)
class IntentsTrial:
    """What came of it."""

    measures: Measures
    examples: int
    intents: int
    p50_ms: float  # from a message to its understanding, one after the other
    confidences: tuple[float, ...]  # of the messages within scope
    right: tuple[bool, ...]  # whether each of them was understood, before any rejection


async def try_intents(train: Path, test: Path, data: Path | None) -> IntentsTrial:
    """Learn from `train` and classify `test`. Vectors of examples are kept below `data`; messages are always encoded.

    Raises:
        LineInvalid: a line of either file is none; the message names it.
        DataFolderInUse, DataFolderUnusable: `data` cannot be used.
    """
    examples = [(line.text, line.intent) for line in lines_of(train, Labelled)]
    intents = {intent for _, intent in examples} - {OUT_OF_SCOPE}
    if not intents:
        raise LineInvalid(file=train, line=1, reason="there is no example of any intent")
    messages = lines_of(test, Labelled)
    if unlearnt := sorted({line.intent for line in messages} - intents - {OUT_OF_SCOPE}):
        names = ", ".join(unlearnt)
        err.print(f"No example teaches {names}: messages that mean it count as wrong.", style="yellow", markup=False)
    encoder = OnnxEncoder()
    times, understood = [], []
    try:
        with bars() as progress:
            async with workplace(data) as folder:
                cache = EmbeddingCache(folder / "embeddings", encoder)
                learning = progress.add_task("learning", total=len(examples))
                # In parts, so that the bar moves; what is learnt from comes from the cache afterwards.
                for start in range(0, len(examples), 256):
                    part = examples[start : start + 256]
                    await cache.vectors([text for text, _ in part])
                    progress.advance(learning, len(part))
                classifier = LocalClassifier(encoder, await learn(examples, cache))
            await encoder.warm()
            for message in progress.track(messages, description="understanding"):
                begun = time.perf_counter()
                understood.append(await classifier.classify(message.text))
                times.append(time.perf_counter() - begun)
    finally:
        encoder.close()
    known = [
        (line.intent, found) for line, found in zip(messages, understood, strict=True) if line.intent != OUT_OF_SCOPE
    ]
    return IntentsTrial(
        measures=Measures.of([line.intent for line in messages], understood),
        examples=len(examples),
        intents=len(intents),
        p50_ms=statistics.median(times) * 1000,
        confidences=tuple(found.confidence for _, found in known),
        right=tuple(found.intent == intent for intent, found in known),
    )
