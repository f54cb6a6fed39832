"""Under which versions a run is worked: the labels on the run and on each decision, so that a rollback can tell."""

from antiphon import __version__
from antiphon.core.names import Facts
from antiphon.core.pack import PackDef


def version_of(pack: PackDef, digest: str) -> str:
    """The version of a pack's files, e.g. 1.0+3f9a2c1b."""
    return f"{pack.version}+{digest[:8]}"


def versions_of(pack: PackDef, digest: str, *, model: str | None = None, workflow: str | None = None) -> Facts:
    """The labels of a pack's runs. `model` and `workflow` are what an operator or the wiring calls them."""
    return {
        "pack": version_of(pack, digest),
        "model": model or pack.models.understanding or "local",
        "workflow": workflow or pack.version,
        "engine": __version__,
    }
