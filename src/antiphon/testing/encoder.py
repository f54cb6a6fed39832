"""An encoder that knows words and no meaning: sentences that share words are near each other."""

import hashlib
import math
import re
import struct

from antiphon.core.names import Vector

DIMENSIONS = 256  # few words of a test share a place by accident


class WordEncoder:
    """`ports.Encoder` by hashed words. The cosine of two sentences grows with the words that they share."""

    def __init__(self, dimensions: int = DIMENSIONS) -> None:
        self._dimensions = dimensions

    async def encode(self, text: str) -> Vector:
        """The counts of the words, at unit length; a text without words points along the first axis."""
        counts = [0.0] * self._dimensions
        for word in re.findall(r"\w+", text.casefold()):
            counts[self._place(word)] += 1.0
        length = math.hypot(*counts)
        if not length:
            counts[0], length = 1.0, 1.0
        return struct.pack(f"<{self._dimensions}f", *(count / length for count in counts))

    def _place(self, word: str) -> int:
        digest = hashlib.blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        return int.from_bytes(digest, "little") % self._dimensions
