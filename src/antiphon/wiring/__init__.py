"""The composition root: settings in, a service out. Every collaborator can be replaced by keyword."""

from antiphon.wiring.door import door_of
from antiphon.wiring.language import Language
from antiphon.wiring.offline import drawn, export_files
from antiphon.wiring.packs import load_packs, packs_folder
from antiphon.wiring.service import application, open_service, serve_service, work_service
from antiphon.wiring.watch import watch_of

__all__ = [
    "Language",
    "application",
    "door_of",
    "drawn",
    "export_files",
    "load_packs",
    "open_service",
    "packs_folder",
    "serve_service",
    "watch_of",
    "work_service",
]
