"""Where a request goes: an address from the settings, and values put into its path so that they stay values."""

import re
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import quote, urlencode, urlsplit

from antiphon.core.errors import BackendCallInvalid, BackendMisconfigured
from antiphon.core.names import Facts

MAX_VALUE_CHARS = 1000  # of one value; an id has some tens
_PLACEHOLDER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
_DOTS = frozenset({".", ".."})


def checked_address(url: str, name: str) -> str:
    """A configured address without its last slash.

    Raises:
        BackendMisconfigured: it is none, or holds what belongs elsewhere. `name` is the setting's.
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname
        _ = parts.port  # a wrong one is told here
    except ValueError as error:
        raise BackendMisconfigured(reason=f"{name} is no address: {error}") from None
    if parts.scheme not in ("http", "https") or not host:
        raise BackendMisconfigured(reason=f"{name} is no address such as https://api.example.com")
    if parts.username or parts.password:
        raise BackendMisconfigured(reason=f"{name} holds a password; write it into backend.auth_credentials")
    if parts.query or parts.fragment or re.search(r"[\s\x00-\x1f]", url):
        raise BackendMisconfigured(reason=f"{name} ends with its path: no spaces, no `?`, no `#`")
    return url.rstrip("/")


@dataclass(frozen=True, kw_only=True, slots=True)
class PathTemplate:
    """A path below the backend's address, with placeholders such as {contact_id}."""

    text: str
    names: frozenset[str]  # its placeholders

    @classmethod
    def of(cls, text: str, setting: str) -> Self:
        """A template from the settings.

        Raises:
            BackendMisconfigured: it is no path; `setting` names it.
        """
        plain = _PLACEHOLDER.sub("x", text)
        if not text.startswith("/") or text.startswith("//") or re.search(r"[{}#\s\\\x00-\x1f]", plain):
            raise BackendMisconfigured(reason=f"{setting} is no path such as /contacts/{{contact_id}}")
        if _DOTS & set(plain.partition("?")[0].split("/")):
            raise BackendMisconfigured(reason=f"{setting} leads out of backend.base_url with `..`")
        return cls(text=text, names=frozenset(_PLACEHOLDER.findall(text)))

    def filled(self, values: Facts, operation: str, *, rest_as_query: bool) -> str:
        """The path with values in place, percent-encoded. With `rest_as_query` the others follow behind a `?`.

        Raises:
            BackendCallInvalid: a value is missing, or cannot stand in a path.
        """
        path, mark, query = self.text.partition("?")
        done = _PLACEHOLDER.sub(lambda found: _in_path(found[1], values, operation), path)
        done += mark + _PLACEHOLDER.sub(lambda found: _encoded(found[1], values, operation), query)
        others = {name: value for name, value in values.items() if name not in self.names and value is not None}
        if rest_as_query and others:
            done += ("&" if mark else "?") + urlencode({name: _text(name, others, operation) for name in others})
        return done


def _in_path(name: str, values: Facts, operation: str) -> str:
    encoded, value = _encoded(name, values, operation), str(values[name])
    if not value or _DOTS & set(re.split(r"[/\\]", value)):  # would be another path once somebody decodes it
        raise BackendCallInvalid(operation=operation, reason=f"this value of `{name}` cannot stand in a path")
    return encoded


def _encoded(name: str, values: Facts, operation: str) -> str:
    return quote(_text(name, values, operation), safe="")


def _text(name: str, values: Facts, operation: str) -> str:
    value: Any = values.get(name)
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str | int | float):
        what = "nothing" if value is None else "no text and no number"
        raise BackendCallInvalid(operation=operation, reason=f"its path needs `{name}`, which is {what}")
    text = str(value)
    if len(text) > MAX_VALUE_CHARS or "\0" in text:
        raise BackendCallInvalid(operation=operation, reason=f"this value of `{name}` cannot stand in a path")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise BackendCallInvalid(operation=operation, reason=f"this value of `{name}` is no text") from None
    return text
