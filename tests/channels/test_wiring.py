"""CV.41: a channel is on when its credentials are set, and off when the settings file says so."""

from pathlib import Path

import pytest

from antiphon.limits.memory import MemoryLimiter
from antiphon.settings import Settings
from antiphon.wiring.channels import inbound_of, opened_channels

RECEIVES = {"whatsapp_app_secret": "s", "whatsapp_verify_token": "w"}
SENDS = {"whatsapp_phone_number_id": "1", "whatsapp_access_token": "t"}


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings of this machine."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CONVERSE_CONFIG", raising=False)
    for name in (*RECEIVES, *SENDS):
        monkeypatch.delenv(name.upper(), raising=False)


async def channels_of(settings: Settings) -> set[str]:
    async with opened_channels(settings, MemoryLimiter()) as channels:
        return set(channels)


@pytest.mark.parametrize(
    ("given", "receives", "sends"),
    [
        ({}, False, False),
        (RECEIVES, True, False),
        (SENDS, False, True),
        ({"whatsapp_access_token": "t"}, False, False),
        ({**RECEIVES, **SENDS}, True, True),
    ],
)
async def test_cv_41_credentials_turn_whatsapp_on(given: dict[str, str], receives: bool, sends: bool) -> None:
    settings = Settings(**given)  # type: ignore[arg-type]  # all of them are text
    assert ("whatsapp" in inbound_of(settings)) is receives
    assert ("whatsapp" in await channels_of(settings)) is sends


@pytest.mark.parametrize(("enabled", "on"), [("true", True), ("false", False), ("", True)])
async def test_cv_41_the_settings_file_turns_a_channel_off(tmp_path: Path, enabled: str, on: bool) -> None:
    file = tmp_path / "config" / "settings.yaml"
    file.parent.mkdir()
    section = f"enabled: {enabled}, " if enabled else ""
    file.write_text(f"channels: {{whatsapp: {{{section}credentials: {{verify_token: w}}}}}}\n")
    settings = Settings(**SENDS, whatsapp_app_secret="s")  # type: ignore[arg-type]  # as above
    assert ("whatsapp" in inbound_of(settings)) is on
    assert ("whatsapp" in await channels_of(settings)) is on
    assert settings.whatsapp_verify_token == ("w" if on else None)
