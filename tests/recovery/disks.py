"""Disks that are small, and folders that nobody may write: by mounting, where we may."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class CannotMount(Exception):
    """Nothing can be mounted here."""


@contextmanager
def small_disk(place: Path, size: int) -> Iterator[None]:
    """A folder on a file system of so many bytes.

    Raises:
        CannotMount: it takes root, and a container that allows it.
    """
    _mount("-t", "tmpfs", "-o", f"size={size}", "none", str(place))
    try:
        yield
    finally:
        _run("umount", "--lazy", str(place))


@contextmanager
def read_only(place: Path) -> Iterator[None]:
    """A folder that nobody may write; for root, whom no permission stops, it is mounted read-only.

    Raises:
        CannotMount: we are root, and nothing can be mounted.
    """
    if os.geteuid() != 0:
        _run("chmod", "--recursive", "a-w", str(place))
        try:
            yield
        finally:
            _run("chmod", "--recursive", "u+w", str(place))
        return
    _mount("--bind", str(place), str(place))
    try:
        _mount("-o", "remount,bind,ro", str(place))
        yield
    finally:
        _run("umount", "--lazy", str(place))


def _mount(*arguments: str) -> None:
    try:
        _run("mount", *arguments)
    except (OSError, subprocess.CalledProcessError) as error:
        raise CannotMount(str(error)) from error


def _run(program: str, *arguments: str) -> None:
    subprocess.run([shutil.which(program) or program, *arguments], check=True, capture_output=True)
