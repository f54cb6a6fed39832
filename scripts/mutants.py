"""`make mutants`: is each promise held by a test? The source is broken on purpose, one line at a time.

Each mutant is a replacement in a copy of the source tree. The tests that are named for it run first; if they all pass,
every test of the use cases and stores does; if those pass too, the mutant has survived, and a test is missing. Before
that, the named tests must pass on the source as it is. The exit status is 1 when a mutant survives.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

ROOT = Path(__file__).parents[1]
COPIED = ("src", "tests", "packs", "scripts", "pyproject.toml")
WIDER = ("tests/core", "tests/contracts", "tests/engine", "tests/recovery")
AT_ONCE = 2  # trials side by side; each uses a core
TRIAL_SECONDS = 280  # a mutant may hang; pytest's own limit ends a test before this
NOT_POSTGRES = ("-k", "sqlite")  # of the contract tests: the SQL that was broken

STORE = "src/antiphon/storage/"
CONTRACTS = ("tests/contracts/test_claims.py", "tests/contracts/test_commits.py")


@dataclass(frozen=True, kw_only=True, slots=True)
class Mutant:
    """One thing done wrong."""

    name: str
    file: str
    before: str  # stands in the file exactly once; otherwise the source has moved on, and so must the mutant
    after: str
    tests: tuple[str, ...]  # pytest's arguments: those that should notice, quickest first

    def mutated(self, source: str) -> str:
        """The source with this done wrong.

        Raises:
            LookupError: what it replaces is not there, or not once.
        """
        found = source.count(self.before)
        if found != 1:
            raise LookupError(f"{self.name}: {self.before!r} stands {found} times in {self.file}, not once")
        return source.replace(self.before, self.after)


MUTANTS = (
    Mutant(
        name="fence not checked at commit",
        file=f"{STORE}sqlite/runs.py",
        before='if row is None or row["fence"] != held.fence or row["lease_owner"] is None:',
        after="if row is None:",
        tests=(*CONTRACTS, *NOT_POSTGRES),
    ),
    Mutant(
        name="acknowledged before the commit",
        file=f"{STORE}sqlite/writer.py",
        before='        db.execute("COMMIT")\n',
        after='        _deliver(group)\n        db.execute("COMMIT")\n',
        tests=("tests/recovery/test_acknowledgement.py",),
    ),
    Mutant(
        name="commits not flushed to disk",
        file=f"{STORE}sqlite/store.py",
        before="PRAGMA synchronous = FULL",
        after="PRAGMA synchronous = OFF",
        tests=("tests/recovery/test_acknowledgement.py",),
    ),
    Mutant(
        name="half of a failed turn stays",
        file=f"{STORE}sqlite/writer.py",
        before='        db.execute("ROLLBACK TO job")\n',
        after="",
        tests=("tests/contracts/test_commits.py", *NOT_POSTGRES),
    ),
    Mutant(
        name="a process moves on from its end",
        file="src/antiphon/core/process/advance.py",
        before="if binding.is_terminal or binding.state in process.terminal:",
        after="if False:",
        tests=("tests/core/process/test_advance.py",),
    ),
    Mutant(
        name="a timer of an earlier stay counts",
        file="src/antiphon/core/process/advance.py",
        before="if _is_late(trigger, binding):",
        after="if False:",
        tests=("tests/core/process/test_advance.py",),
    ),
    Mutant(
        name="an erased event keeps its key",
        file=f"{STORE}sqlite/erasing.py",
        before="payload = NULL, key = NULL",
        after="payload = NULL",
        tests=("tests/contracts/test_erasing.py", *NOT_POSTGRES),
    ),
    Mutant(
        name="effect without its key",
        file=f"{STORE}turn_rows.py",
        before="keys_of(turn.claim.run.id, turn.effects)",
        after='[__import__("uuid").uuid4().hex for _ in turn.effects]',
        tests=("tests/contracts/test_effects.py", *NOT_POSTGRES),
    ),
    Mutant(
        name="unknown outcome repeated blindly",
        file="src/antiphon/core/effect.py",
        before='attempted.outcome == "unknown" and not kept.effect.repeatable',
        after='attempted.outcome == "parked"',
        tests=("tests/core/test_effect.py", "tests/engine/test_worker.py"),
    ),
    Mutant(
        name="runs ordered by time, not by position",
        file=f"{STORE}sqlite/runs.py",
        before="key=lambda run: run.position",
        after="key=lambda run: run.created_at",
        tests=("tests/contracts/test_claims.py", *NOT_POSTGRES),
    ),
    Mutant(
        name="events ordered by time, not by sequence",
        file=f"{STORE}views.py",
        before="\n ORDER BY sequence LIMIT :limit",
        after="\n ORDER BY at LIMIT :limit",
        tests=("tests/contracts/test_claims.py", *NOT_POSTGRES),
    ),
    Mutant(
        name="chain without the hash before",
        file="src/antiphon/core/chain.py",
        before="hashlib.sha256(head + place + digest)",
        after="hashlib.sha256(place + digest)",
        tests=("tests/core/test_chain.py",),
    ),
    Mutant(
        name="idempotency key not scoped",
        file=f"{STORE}codec.py",
        before='return f"{arrival.pack}/{arrival.space}/{arrival.idempotency_key}"',
        after="return arrival.idempotency_key",
        tests=("tests/contracts/test_runs.py", *NOT_POSTGRES),
    ),
    Mutant(
        name="idempotency key of another request taken",
        file=f"{STORE}sqlite/runs.py",
        before='if row["fingerprint"] != arrival.fingerprint:',
        after="if False:",
        tests=("tests/contracts/test_runs.py", *NOT_POSTGRES),
    ),
    Mutant(
        name="idempotency key not looked up",
        file=f"{STORE}sqlite/runs.py",
        before="if (known := _run_of_key(db, tenant, arrival)) is not None:",
        after="if (known := None) is not None:",
        tests=("tests/contracts/test_runs.py", *NOT_POSTGRES),
    ),
    Mutant(
        name="merged runs not ended",
        file=f"{STORE}sqlite/runs.py",
        before="            for run in turn.claim.runs\n",
        after="            for run in turn.claim.runs[-1:]\n",
        tests=(*CONTRACTS, *NOT_POSTGRES),
    ),
    Mutant(
        name="lead written to the file before the commit",
        file="src/antiphon/engine/turns.py",
        before="        following = await self._engine.store.commit(turn, keep_for=owner, merge=self._merging)\n",
        after=(
            "        await self._announce(turn)\n"
            "        following = await self._engine.store.commit(turn, keep_for=owner, merge=self._merging)\n"
        ),
        tests=("tests/engine/test_announce.py",),
    ),
    Mutant(
        name="caller told before the files are written",
        file="src/antiphon/engine/turns.py",
        before="        for sink in self._engine.sinks:\n            await sink.committed(turn)\n",
        after="        for run in turn.claim.runs:\n            self._engine.signals.finish(run.id, turn.outcome)\n"
        "        for sink in self._engine.sinks:\n            await sink.committed(turn)\n",
        tests=("tests/engine/test_announce.py",),
    ),
    Mutant(
        name="turn that kills its process never given up",
        file="src/antiphon/engine/turns.py",
        before="claim.run.attempts > self._engine.limits.attempts",
        after="claim.run.attempts < 0",
        tests=("tests/engine/test_worker.py",),
    ),
    Mutant(
        name="lost wake-ups not found",
        file="src/antiphon/engine/sweep.py",
        before="        engine.wake_ups.wake(conversation_id)\n",
        after="        pass\n",
        tests=("tests/engine/test_worker.py",),
    ),
    Mutant(
        name="leases of dead processes kept at the start",
        file=f"{STORE}sqlite/open.py",
        before="            runs.void_leases(db)\n",
        after="            pass\n",
        tests=("tests/contracts/test_store_machine.py", *NOT_POSTGRES),
    ),
    Mutant(
        name="JSON file written in place",
        file="src/antiphon/sinks/atomic.py",
        before='fresh = path.with_name(f".{path.name}.{os.getpid()}")',
        after="fresh = path",
        tests=("tests/recovery/test_files.py", "-k", "middle or before_it"),
    ),
    Mutant(
        name="log of the replaced store left to its successor",
        file=f"{STORE}sqlite/backup.py",
        before="            _retire(store)\n",
        after="",
        tests=("tests/recovery/test_backup.py", "-k", "by_force"),
    ),
    Mutant(
        name="backup restored without proof",
        file=f"{STORE}sqlite/backup.py",
        before="            if fault := _fault(fresh):\n",
        after="            if fault := None:\n",
        tests=("tests/recovery/test_backup.py", "-k", "damaged"),
    ),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """What became of one."""

    killed_by: str | None  # a test; None when all passed
    seconds: float
    trouble: str | None = None  # why it could not be tried


def try_mutant(mutant: Mutant) -> Trial:
    """Break a copy of the tree and run the tests on it, the named ones first."""
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        tree = _copy(Path(folder))
        broken = tree / mutant.file
        broken.write_text(mutant.mutated(broken.read_text()))
        status, output = _pytest(tree, mutant.tests)
        if status == 0:
            status, output = _pytest(tree, (*WIDER, "-n", str(AT_ONCE)))
    seconds = time.perf_counter() - began
    if status not in (0, 1):
        return Trial(killed_by=None, seconds=seconds, trouble=output[-2000:])
    failed = re.search(r"^(?:FAILED|ERROR) (\S+)", output, re.MULTILINE)
    return Trial(killed_by=failed[1] if failed and status else None, seconds=seconds)


def try_unbroken() -> str | None:
    """What the named tests find wrong with the source as it is, or None."""
    paths = {test for mutant in MUTANTS for test in mutant.tests if test.startswith("tests/")}
    with tempfile.TemporaryDirectory(prefix="unbroken-") as folder:
        tree = _copy(Path(folder))
        status, output = _pytest(tree, (*sorted(paths), "-n", str(AT_ONCE), "-k", "not postgres"))
    return None if status == 0 else output[-4000:]


def _copy(folder: Path) -> Path:
    for name in COPIED:
        whole = ROOT / name
        if whole.is_dir():
            shutil.copytree(whole, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(whole, folder / name)
    return folder


def _pytest(tree: Path, arguments: Sequence[str]) -> tuple[int, str]:
    """Run tests on a tree; the exit status and the output. A run that does not end has failed."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "--no-header", "--tb=line", "-p", "no:cacheprovider"]
    environment = {**os.environ, "PYTHONPATH": f"{tree / 'src'}{os.pathsep}{tree}", "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        ran = subprocess.run(
            [*command, *arguments],
            cwd=tree,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=TRIAL_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return 1, f"FAILED {arguments[0]} (did not end in {TRIAL_SECONDS} s)"
    return ran.returncode, ran.stdout + ran.stderr


def main() -> int:
    """Try all of them, print the table; 1 when one survives or cannot be tried."""
    console, began = Console(), time.perf_counter()
    for mutant in MUTANTS:
        mutant.mutated((ROOT / mutant.file).read_text())
    if wrong := try_unbroken():
        console.print(wrong, markup=False)
        console.print("These tests fail on the source as it is; nothing can be said of mutants.", style="red")
        return 1
    table = Table("mutant", Column("killed by", overflow="fold"), "seconds", title=f"{len(MUTANTS)} mutants")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        trials = list(pool.map(try_mutant, MUTANTS))
    for mutant, trial in zip(MUTANTS, trials, strict=True):
        outcome = trial.killed_by or ("could not be tried" if trial.trouble else "SURVIVED")
        outcome = escape(outcome.removeprefix("tests/"))  # a test's parameters stand in brackets
        table.add_row(mutant.name, outcome, f"{trial.seconds:.1f}", style=None if trial.killed_by else "red")
        if trial.trouble:
            console.print(mutant.name, trial.trouble, sep="\n", markup=False)
    console.print(table)
    alive = sum(trial.killed_by is None for trial in trials)
    console.print(f"{len(MUTANTS) - alive} killed, {alive} not, in {time.perf_counter() - began:.0f} s.")
    return 1 if alive else 0


if __name__ == "__main__":
    sys.exit(main())
