"""Which parts of the settings file are not in use, so that they may name variables that are not set."""

from typing import Any, Final

from antiphon.loader.document import Path

_TRUE: Final = frozenset({"true", "1", "yes", "on", "y", "t"})  # what pydantic takes for true in a text


def is_idle(path: Path, value: dict[str, Any]) -> bool:
    """Whether the value at a path of a file is not used, by what else the file says.

    Whatever decides over that, such as `enabled` or `base_url`, is always in use: a variable that is missing there
    must not switch something off in silence.
    """
    match path:
        case ("channels", str(name), *rest):
            return rest[:1] != ["enabled"] and not _is_true(_in(value, "channels", name, "enabled"))
        case ("backend", str(key), *_):
            kind = _in(value, "backend", "type") or "rest"
            mocked = kind == "mock" or (kind in ("rest", "graphql") and not _in(value, "backend", "base_url"))
            return mocked and key not in ("type", "base_url")
        case ("llm", str(key), *_):
            return key != "provider" and bool(_in(value, "llm", "provider") == "local")
        case ("queue", "redis_url"):
            return bool(_in(value, "queue", "backend") != "redis")
        case ("database", "url"):
            return bool((_in(value, "database", "store_backend") or "sql") != "sql")
        case ("database", "store_file_dir"):
            return bool(_in(value, "database", "store_backend") != "file")
        case _:
            return False


def _in(value: Any, *path: str) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _is_true(value: Any) -> bool:
    return str(value).lower() in _TRUE
