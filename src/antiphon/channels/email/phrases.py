"""How people and telephones end a mail, by language. Each is a piece of a regular expression; case does not count."""

from collections.abc import Mapping
from typing import Final

PHONES: Final[Mapping[str, str]] = {  # how such a line begins
    "en": r"sent from my |sent from (?:outlook|mail|yahoo|proton)|get outlook for ",
    "de": r"von meinem .{2,40} gesendet|gesendet (?:von|mit|aus) |diese nachricht wurde von meinem |outlook für ",
    "fr": r"envoyé (?:de|depuis|à partir d)|télécharge[zr] outlook|outlook pour ",
    "nl": r"verzonden van(?:af|uit) |verstuurd van(?:af|uit) |outlook voor ",
    "es": r"enviado desde |obtener outlook|outlook para ",
}
CLOSINGS: Final[Mapping[str, str]] = {  # the whole of such a line, but for marks at its end
    "en": r"(?:with )?(?:(?:best|kind|kindest|warm|many) )?(?:regards|wishes)|best|cheers|sincerely(?: yours)?"
    r"|yours(?: sincerely| truly| faithfully)?|(?:many )?thanks(?: a lot| and regards| in advance)?|thank you",
    "de": r"mit (?:freundlichen|besten|herzlichen|lieben) grüßen|mit freundlichem gruß|gruß|grüße|mfg|lg|vg"
    r"|(?:viele|beste|liebe|herzliche|schöne|freundliche) grüße|(?:lieben|herzlichen|schönen|besten) gruß"
    r"|danke|vielen dank",
    "fr": r"(?:bien )?cordialement|(?:bien )?à vous|sincèrement|salutations(?: distinguées)?|merci",
    "nl": r"(?:met )?(?:vriendelijke|hartelijke) groet(?:en)?|groet(?:en|jes)?|mvg|bedankt",
    "es": r"saludos(?: cordiales)?|(?:un )?(?:cordial )?saludo|atentamente|cordialmente|(?:muchas )?gracias",
}


def any_of(phrases: Mapping[str, str]) -> str:
    """A piece of a regular expression for all languages at once: nobody says which one they write."""
    return "|".join(phrases.values())
