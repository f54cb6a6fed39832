"""A small pack that is right, so that each test can spoil one thing."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from antiphon.core.errors import PackInvalid
from antiphon.loader import load_pack

PACK = """\
name: shop
title: The Shop
version: "1.0"
fallback: hello
fallback_intent: greeting
specialists:
  hello: {kind: say, reply: hi}
  desk: {kind: form, form: lead}
intents:
  - name: greeting
    specialist: hello
    examples: [hi, hello, hey]
  - name: order
    specialist: desk
    examples: [I want to order, order, buy it]
forms:
  lead:
    intent: ordering
    left: bye
    done: done
    slots:
      - name: email
        type: email
        ask: ask
        again: again
replies:
  hi: Hi {{ collected.email }}
  bye: Bye
  done: Done, {{ email }}, {{ lead_id }}
  ask: Your e-mail?
  again: Sorry, {{ reason }}
"""

Shop: TypeAlias = Callable[..., Path]  # (old text, new text) pairs and files to a pack's folder
Problems: TypeAlias = Callable[[Path], list[str]]


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Write the small pack, with texts replaced, and further files beside it."""

    def write(*changes: tuple[str, str], files: dict[str, str] | None = None) -> Path:
        text = PACK
        for old, new in changes:
            assert old in text
            text = text.replace(old, new, 1)
        (tmp_path / "pack.yaml").write_text(text, encoding="utf-8")
        for name, content in (files or {}).items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(content, encoding="utf-8")
        return tmp_path

    return write


@pytest.fixture
def problems() -> Problems:
    """What is wrong with a pack, as it is told."""

    def told(folder: Path) -> list[str]:
        with pytest.raises(PackInvalid) as invalid:
            load_pack(folder)
        return [str(problem) for problem in invalid.value.problems]

    return told
