"""The list of runs: one query, from the conditions that were asked for."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, reduce
from typing import Any

from antiphon.ports import RunQuery
from antiphon.storage.codec import to_micros

_NEWEST_FIRST = "ORDER BY created_at DESC, id DESC"
_LITERAL = {letter: f"\\{letter}" for letter in "%_\\"}  # what stands for something else in LIKE
# What stands in the JSON of every change. Who looks for "message" would find them all, and each would be parsed.
_SKELETON = ('"kind":"message","value":', '"channel":', '"data":', '"sender_name":', '"sender_email":', '"subject":')
_ASCII = "lower({}) LIKE :pattern ESCAPE '\\'"


@dataclass(frozen=True, kw_only=True, slots=True)
class Dialect:
    """What databases write differently."""

    searched: tuple[str, ...]  # the texts of what came in that are looked through
    within: str  # what holds when {} does, of those
    ordered: str  # runs of which {} holds, newest first; so that what is looked for is looked for from there on
    # For letters that not every database and locale knows:
    matches: str  # whether a text, for which {} stands, holds what `pattern` made of the one looked for
    pattern: Callable[[str], str]


def listing(query: RunQuery, dialect: Dialect) -> tuple[str, dict[str, Any]]:
    """The query, and its values by name."""
    values: dict[str, Any] = {"pack": query.pack, "limit": query.limit}
    if query.before is not None:
        values["before_at"], values["before_id"] = to_micros(query.before[0]), query.before[1]
    statuses = {f"status_{'abcdef'[place]}": status for place, status in enumerate(sorted(query.statuses))}
    if query.intent is not None:
        values["intent"] = query.intent
    statement = _statement(frozenset(values), tuple(statuses))
    if query.text:
        plain = query.text.isascii()
        values["rough"] = _rough(query.text)
        values["pattern"] = like(query.text) if plain else dialect.pattern(query.text)
        hidden = tuple(part for part in _SKELETON if query.text.lower() in part)
        statement = _search(statement, dialect, _ASCII if plain else dialect.matches, hidden)
    return f"SELECT * FROM {statement} {_NEWEST_FIRST} LIMIT :limit", values | statuses  # noqa: S608 - ours


@cache
def _statement(given: frozenset[str], statuses: tuple[str, ...]) -> str:
    conditions = ["tenant = :tenant", "pack = :pack"]
    if "before_at" in given:
        conditions.append("(created_at, id) < (:before_at, :before_id)")
    if statuses:
        conditions.append(f"status IN ({', '.join(f':{name}' for name in statuses)})")
    if "intent" in given:
        conditions.append("intent = :intent")
    return f"runs WHERE {' AND '.join(conditions)}"


@cache
def _search(statement: str, dialect: Dialect, matches: str, hidden: tuple[str, ...]) -> str:
    """A quick look at the JSON without what is hidden comes first: a parser would take seconds for a million runs."""
    looked_at = reduce(lambda text, part: f"replace({text}, '{part}', '')", hidden, "change")
    found = dialect.within.format(" OR ".join(matches.format(text) for text in dialect.searched))
    ordered = dialect.ordered.format(f"{statement} {_NEWEST_FIRST}")
    return f"{ordered} WHERE lower({looked_at}) LIKE :rough ESCAPE '\\' AND {found}"


def _rough(text: str) -> str:
    """A pattern for the JSON that holds a text. What JSON escapes may be anything, as may what is not ASCII."""
    return f"%{''.join(map(_rough_letter, text))}%"


def _rough_letter(letter: str) -> str:
    known = letter.isascii() and letter.isprintable() and letter not in '"\\'
    return _LITERAL.get(letter, letter.lower()) if known else "%"


def like(text: str) -> str:
    """A pattern for LIKE, of a text in small letters."""
    return f"%{''.join(_LITERAL.get(letter, letter) for letter in text.lower())}%"


def either_case(text: str) -> str:
    """A regular expression for a text in whatever case; it does not depend on the letters that a locale knows."""
    return "".join(map(_either, text))


def _either(letter: str) -> str:
    cases = sorted(case for case in {letter, letter.lower(), letter.upper()} if len(case) == 1)
    if len(cases) > 1:
        return f"[{''.join(cases)}]"
    return letter if letter.isalnum() or not letter.isascii() else f"\\{letter}"
