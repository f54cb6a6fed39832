"""A data folder that cannot be written: the server does not start, and says why in one line."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.recovery.disks import CannotMount, read_only
from tests.recovery.mortals import Mortal, Nursery
from tests.server import Server


@pytest.fixture(params=["used", "missing"])
def frozen_folder(request: pytest.FixtureRequest, used_folder: Path, tmp_path: Path) -> Iterator[Path]:
    """A data folder, or the place where it would be made, that nobody may write; not even root."""
    place = tmp_path / "frozen"
    place.mkdir()
    if request.param == "used":
        shutil.copytree(used_folder, place / "data")
    try:
        with read_only(place):
            yield place / "data"
    except CannotMount as error:
        pytest.skip(f"root may write everywhere: {error}")


def test_a_read_only_folder_is_refused_with_its_name_and_the_reason(
    nursery: Nursery, frozen_folder: Path, tmp_path: Path
) -> None:
    with Mortal(nursery, frozen_folder, notes=tmp_path) as server:
        assert server.start().ended() not in (0, -9)
        log = server.log()
    assert f"The data folder {frozen_folder} cannot be used: " in log
    assert "ead-only" in log or "ermission" in log
    assert "Traceback" not in log


def test_a_second_server_on_a_folder_is_refused_and_told_whose_it_is(mortal: Mortal) -> None:
    mortal.start().ready()
    other = Server(mortal.data).start()
    assert other.wait() == 1
    assert f"owned by another process (process {mortal.pid})" in other.log()
    assert "Traceback" not in other.log()
    assert mortal.say("Hi", "s").status_code == 200
    other.client.close()
