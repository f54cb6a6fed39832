"""Packs as they run: found, loaded, and with what settings change in them."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from antiphon.api.converse.names import PACK as CONVERSE
from antiphon.core.errors import (
    PackNotFound,
    SettingInvalid,
)
from antiphon.core.pack import ModelsDef, PackDef
from antiphon.core.rule import RuleDef
from antiphon.loader import LoadedPack, find_packs, load_pack
from antiphon.settings import Settings


def packs_folder(settings: Settings) -> Path:
    """The folder of packs: the one that is set, else the checkout's, else those that came with the wheel."""
    if settings.packs_dir:
        return settings.packs_dir
    shipped = Path(__file__).parents[1] / "packs"
    return shipped if shipped.is_dir() else Path(__file__).parents[3] / "packs"


def load_packs(folder: Path) -> list[LoadedPack]:
    """Every pack of a folder.

    Raises:
        PackInvalid: with every problem, its file and its line.
        PackNotFound: the folder holds none.
    """
    found = find_packs(folder)
    if not found:
        raise PackNotFound(name="", folder=folder, reason="no folder in it holds a pack.yaml")
    return [load_pack(path) for path in found]


def with_threshold(pack: PackDef, threshold: float | None) -> PackDef:
    """The pack with another confidence below which a person takes over, if it hands over at all."""
    if threshold is None or not pack.gate.handoff_below:
        return pack
    return pack.model_copy(update={"gate": pack.gate.model_copy(update={"handoff_below": threshold})})


def with_models(pack: PackDef, chosen: Mapping[str, Mapping[str, str]]) -> PackDef:
    """The pack with the models that PACK_MODELS names for it.

    Raises:
        SettingInvalid: it names a use of models that there is not.
    """
    if pack.name not in chosen:
        return pack
    try:
        models = ModelsDef.model_validate({**pack.models.model_dump(), **chosen[pack.name]})
    except ValidationError as invalid:
        strange = ", ".join(".".join(map(str, error["loc"])) for error in invalid.errors())
        reason = f"no choice of models: `{strange}` is none of {', '.join(ModelsDef.model_fields)}"
        raise SettingInvalid(name="PACK_MODELS", value=dict(chosen[pack.name]), reason=reason) from None
    return pack.model_copy(update={"models": models})


def with_rules(pack: PackDef, rules: tuple[RuleDef, ...]) -> PackDef:
    """Converse with the rules of the settings file; one with the id of a pack's own takes its place."""
    if pack.name != CONVERSE or not rules:
        return pack
    own = {rule.id for rule in rules}
    return pack.model_copy(update={"rules": (*(rule for rule in pack.rules if rule.id not in own), *rules)})
