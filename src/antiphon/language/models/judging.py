"""Scales judged by a model. The pack's cues bind it as they bind the local provider, which stands behind it."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace

from pydantic import create_model

from antiphon.core.errors import ModelUnavailable
from antiphon.core.model import Judged, ModelCall, Prompt
from antiphon.core.pack import PackDef
from antiphon.core.scale import Cues, Grade, grade
from antiphon.language.models.understanding import DATA_NOTICE, EXAMPLES, READ_CHARS, SHOWN_CHARS, as_data, one_of
from antiphon.ports import Model, OnCall, Render, Scales

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Question:
    system: str
    shape: type[Judged]
    cues: Cues


class ModelScales:
    """`ports.Scales` by a model."""

    def __init__(self, pack: PackDef, model: Model, local: Scales, prompts: Render, on_call: OnCall) -> None:
        self._pack = pack
        self._model = model
        self._local = local
        self._on_call = on_call
        self._questions: Mapping[str, _Question] = {name: _question(pack, name, prompts) for name in pack.scales}

    async def judge(self, scale: str, text: str, *, gist: str) -> Grade:
        """The level that the model finds, within what the cues allow; the local one when the model is away."""
        question = self._questions[scale]
        prompt = Prompt(system=question.system, user=as_data(message=text[:READ_CHARS]))
        try:
            found = await self._model.ask(prompt, question.shape, purpose="scales")
        except ModelUnavailable as away:
            self._on_call(ModelCall(model=self._model.name, purpose="scales", outcome="fallback", seconds=0))
            judged = await self._local.judge(scale, text, gist=gist)
            return replace(judged, why={**judged.why, "provider": "local", "fallback": str(away)})
        judged = grade(scale, self._pack.scales[scale], question.cues, {found.level: found.confidence}, text)
        said = {"provider": self._model.name, "reasoning": found.reasoning[:SHOWN_CHARS]}
        return replace(judged, why={**judged.why, **said})


def _question(pack: PackDef, scale: str, prompts: Render) -> _Question:
    definition = pack.scales[scale]
    levels = [{"name": name, "examples": list(level.examples[:EXAMPLES])} for name, level in definition.levels.items()]
    facts = {
        "business": pack.title,
        "about": pack.description,
        "scale": scale,
        "description": definition.description,
        "levels": levels,
        "otherwise": definition.otherwise,
    }
    shape = create_model(
        "Judgement",
        __base__=Judged,
        __doc__="Where a customer's message stands on a scale.",
        level=(one_of(list(definition.levels)), ...),
    )
    return _Question(system=f"{prompts('judge', facts)}\n\n{DATA_NOTICE}", shape=shape, cues=Cues.of(definition))
