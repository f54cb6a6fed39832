"""Writing a file so that a reader sees the old one or the new one, never a part."""

import os
from collections.abc import Iterable
from pathlib import Path


def sweep_unfinished(path: Path) -> None:
    """Remove what a process that died had begun to write for this file. Only for its one writer, at its start. Blocks.

    Raises:
        OSError: it cannot be removed.
    """
    for left in path.parent.glob(f".{path.name}.*"):
        left.unlink()


def write_atomically(path: Path, parts: Iterable[bytes]) -> None:
    """Write a new file beside it, flush it to disk, and rename it into place. Blocks.

    Raises:
        OSError: the old file is as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with fresh.open("wb") as file:
            file.writelines(parts)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise
