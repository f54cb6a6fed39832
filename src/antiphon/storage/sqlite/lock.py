"""The lock on a data folder: one process owns it, and others are told which."""

import fcntl
import os
from pathlib import Path
from typing import IO

from antiphon.core.errors import DataFolderInUse, DataFolderUnusable

LOCK_FILE = "antiphon.lock"


class FolderLock:
    """Held from the moment it is made until it is released or the process ends."""

    def __init__(self, folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file: IO[bytes] = (folder / LOCK_FILE).open("a+b", buffering=0)
        except OSError as error:
            raise DataFolderUnusable(folder=folder, reason=error.strerror or str(error)) from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._file.truncate(0)
            self._file.write(f"process {os.getpid()}\n".encode())
        except BlockingIOError as error:
            self._file.seek(0)
            owner = self._file.read().decode(errors="replace").strip() or "unknown"
            self._file.close()
            raise DataFolderInUse(folder=folder, owner=owner) from error
        except OSError as error:  # such as a full disk
            self._file.close()
            raise DataFolderUnusable(folder=folder, reason=error.strerror or str(error)) from error

    def release(self) -> None:
        """Let others have the folder."""
        self._file.close()
