"""docs/cli.md says what the command line says."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_reference_is_not_stale() -> None:
    checked = subprocess.run([sys.executable, "scripts/cli_reference.py", "--check"], cwd=ROOT, check=False)
    assert checked.returncode == 0, "run python scripts/cli_reference.py"
