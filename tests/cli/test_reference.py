"""docs/cli.md and docs/settings.md say what the code says."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_references_are_not_stale() -> None:
    checked = subprocess.run([sys.executable, "scripts/reference.py", "--check"], cwd=ROOT, check=False)
    assert checked.returncode == 0, "run python scripts/reference.py"
