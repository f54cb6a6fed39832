"""`antiphon worker`: the product without HTTP."""

from antiphon.cli.options import Data, Packs, settings_of
from antiphon.cli.screen import fail
from antiphon.core.errors import AntiphonError


def worker(data: Data = None, packs: Packs = None) -> None:
    """Work in the background until SIGTERM: turns, effects, the sweep. Any number of them share one PostgreSQL."""
    from antiphon.serve import run, settle_down, stopped
    from antiphon.telemetry import configure_logging
    from antiphon.wiring import work_service

    settings = settings_of(data_dir=data, packs_dir=packs)
    configure_logging(settings.log_level)
    try:
        run(work_service(settings, stopped, settle_down))
    except AntiphonError as error:
        fail(str(error))
