"""The mutants of `make mutants` still fit the source; whoever moves a line moves its mutant."""

import pytest

from scripts.mutants import MUTANTS, ROOT, Mutant


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name.replace(" ", "-"))
def test_a_mutant_replaces_one_place_and_leaves_code_behind(mutant: Mutant) -> None:
    mutated = mutant.mutated((ROOT / mutant.file).read_text())
    compile(mutated, mutant.file, "exec")
    for test in mutant.tests:
        assert not test.startswith("tests/") or (ROOT / test).is_file()
