"""A pack's folder to definitions. Every problem is told together, each with file, line and what was expected."""

from antiphon.loader.load import LoadedPack, find_packs, load_pack
from antiphon.loader.processes import find_warnings
from antiphon.loader.schema import SECTIONS, pack_schema

__all__ = ["SECTIONS", "LoadedPack", "find_packs", "find_warnings", "load_pack", "pack_schema"]
