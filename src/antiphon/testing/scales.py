"""Scales that answer what they were told."""

from collections.abc import Mapping

from antiphon.core.errors import ScaleUnavailable
from antiphon.core.scale import Grade


class FixedScales:
    """`ports.Scales` with one level for each scale; `asked` lists scales and gists."""

    def __init__(self, levels: Mapping[str, str] | None = None) -> None:
        self._levels = dict(levels or {})
        self.asked: list[tuple[str, str]] = []

    async def judge(self, scale: str, text: str, *, gist: str) -> Grade:
        """The level of that scale, surely.

        Raises:
            ScaleUnavailable: none was given for it.
        """
        self.asked.append((scale, gist or text))
        if scale not in self._levels:
            raise ScaleUnavailable(scale=scale, reason="no level was scripted")
        return Grade(scale=scale, level=self._levels[scale], confidence=1.0)
