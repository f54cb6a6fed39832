"""Where the labelled data sets are. They are no part of the project, and a test says when they are absent."""

import json
import os
from pathlib import Path

import pytest

SIBLING = Path(__file__).resolve().parents[3] / "shared" / "data"


def labelled(name: str) -> list[tuple[str, str]]:
    """The (text, intent) lines of `intents/{name}.jsonl`; skips the test where there are none."""
    folder = Path(os.environ.get("ANTIPHON_DATA_SETS", SIBLING))
    path = folder / "intents" / f"{name}.jsonl"
    if not path.is_file():
        pytest.skip(f"NOT TESTED: there is no {path}; set ANTIPHON_DATA_SETS to the folder of the data sets")
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return [(line["text"], line["intent"]) for line in lines]
