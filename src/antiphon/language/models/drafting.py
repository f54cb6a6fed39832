"""Answers worded by a model, from the passages that were found and nothing else."""

import logging
import re
from collections.abc import Iterator

from antiphon.core.errors import ModelUnavailable
from antiphon.core.model import Drafted, ModelCall, Prompt
from antiphon.core.pack import PackDef
from antiphon.core.passage import Answer
from antiphon.language.models.understanding import DATA_NOTICE, READ_CHARS, as_data
from antiphon.ports import Model, OnCall, Render

PASSAGES = 4  # that a draft may use: the best ones
PASSAGE_CHARS = 1500  # of each

_FIGURE = re.compile(r"\d+(?:[.,]\d+)*|[\w.+-]+@[\w-]+\.[\w.-]+\w|https?://[^\s)>\]]+")

log = logging.getLogger(__name__)


class ModelDrafter:
    """`ports.Drafter` by a model. A draft that names a figure or an address of its own is not used."""

    def __init__(self, pack: PackDef, model: Model, prompts: Render, on_call: OnCall) -> None:
        self._pack = pack
        self._model = model
        self._prompts = prompts
        self._on_call = on_call

    async def draft(self, question: str, answer: Answer, *, said: str | None = None) -> Drafted:
        """The model's words; the sentences that were found, with the reason, when it has none that can be used."""
        facts = {
            "business": self._pack.title,
            "about": self._pack.description,
            "passages": [
                {"title": one.passage.title, "text": one.passage.text[:PASSAGE_CHARS]}
                for one in answer.found[:PASSAGES]
            ],
        }
        prompt = Prompt(
            system=f"{self._prompts('draft', facts)}\n\n{DATA_NOTICE}",
            user=as_data(message=question[:READ_CHARS], you_said_before=said),
        )
        try:
            text = await self._model.write(prompt, purpose="drafting")
        except ModelUnavailable as away:
            return self._extracted(answer, str(away))
        known = " ".join((answer.text, *(one.passage.content for one in answer.found[:PASSAGES])))
        if invented := next(_invented(text, known), None):
            log.warning("a draft of %s was not used: it names something that stands in no passage", self._model.name)
            return self._extracted(answer, f"its draft names {invented}, which stands in no passage")
        return Drafted(text=text, why={"provider": self._model.name})

    def _extracted(self, answer: Answer, reason: str) -> Drafted:
        self._on_call(ModelCall(model=self._model.name, purpose="drafting", outcome="fallback", seconds=0))
        return Drafted(text=answer.text, why={"provider": "local", "fallback": reason})


def _invented(text: str, known: str) -> Iterator[str]:
    """Figures and addresses of a text that are not known."""
    given = set(_FIGURE.findall(known))
    yield from (found for found in _FIGURE.findall(text) if found not in given)
