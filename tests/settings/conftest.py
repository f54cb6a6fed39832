"""A settings file in a working directory of its own, and no variables of this machine."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from antiphon.core.errors import SettingsInvalid
from antiphon.settings import Settings
from antiphon.settings_file import SettingsFile, read_settings_file

Write: TypeAlias = Callable[..., Path]
Told: TypeAlias = Callable[..., list[str]]


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in (*Settings.model_fields, "converse_config", "backend_url", "backend_api_token"):
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write config/settings.yaml."""

    def written(text: str, name: str = "config/settings.yaml") -> Path:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    return written


@pytest.fixture
def told(write: Write) -> Told:
    """What is wrong with a file, as it is told."""

    def problems(text: str, **environ: str) -> list[str]:
        write(text)
        with pytest.raises(SettingsInvalid) as invalid:
            read_settings_file(environ)
        return [str(problem) for problem in invalid.value.problems]

    return problems


Read: TypeAlias = Callable[..., SettingsFile]


@pytest.fixture
def read(write: Write) -> Read:
    """What a text means."""

    def found(text: str, **environ: str) -> SettingsFile:
        write(text)
        return read_settings_file(environ)

    return found
