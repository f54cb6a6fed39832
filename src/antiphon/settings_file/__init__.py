"""The settings file of the pack `converse`: YAML with `${VAR}`, named by CONVERSE_CONFIG. See docs/settings-file.md."""

from antiphon.settings_file.meaning import EFFECTS, UNUSED, settings_in, without_effect
from antiphon.settings_file.read import read_settings_file
from antiphon.settings_file.sections import SettingsFile, Written

__all__ = ["EFFECTS", "UNUSED", "SettingsFile", "Written", "read_settings_file", "settings_in", "without_effect"]
