"""Words: what is left of a sentence when the small change is taken out of it."""

import re
from functools import lru_cache

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_SMALL = frozenset(
    "a about above after again all also always am an and any anybody anyone anything are as ask at be because "
    "been before being but by can could did do does doing done each either else even ever every few for from "
    "further get gets getting give go going got had has have having hello help here hey hi how however i if in "
    "into is isn it its just kind know let like ll look m make many may me might mine more most much must my need "
    "no nor not of off offer offered offers ok on one only or other our out over own please possible re s same "
    "say see shall should show so some somebody someone something still such sure t tell than thank thanks that "
    "the their them then there these they thing things this those though to too under up us use used using ve "
    "very want was way we well were what when where whether which while who whom whose why will without wonder "
    "wondering work working works would yes yet you your yours".split()
)
_ENDINGS = (
    *("ations", "ation", "ating", "ated", "ates", "ate", "ingly", "ments", "ment", "ings", "ing", "ies", "ied", "edly"),
    *("ers", "er", "ed", "ly"),
)
_SHORTEST_STEM = 3  # letters; "using" may lose its ending, "king" may not


@lru_cache(maxsize=16_384)  # of the words of a language, most are said again
def stem(word: str) -> str:
    """A word without its commonest English endings, so that "refunds" meets "refunded".

    Crude on purpose: it only has to treat both sides alike.
    """
    word = word.lower().replace("’", "'").removesuffix("'s")
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM:
            return _last_letters(word.removesuffix(ending) + ("y" if ending in {"ies", "ied"} else ""))
    if word.endswith("s") and not word.endswith("ss") and len(word) > _SHORTEST_STEM:
        word = word[:-1]
    return _last_letters(word)


def content_words(text: str) -> frozenset[str]:
    """The stems of the words in a text that carry its meaning."""
    found = (match[0].lower().replace("’", "'") for match in _WORD.finditer(text))
    return frozenset(stem(word) for word in found if len(word) > 1 and word.partition("'")[0] not in _SMALL)


def _last_letters(word: str) -> str:
    if len(word) > _SHORTEST_STEM and word[-1] == "e":
        return word[:-1]  # "cancele" of "canceled", "price" and "pricing"
    if len(word) > _SHORTEST_STEM and word[-1] == word[-2]:
        return word[:-1]  # "stopp" of "stopped", "cancell" of "cancelling"
    return word
