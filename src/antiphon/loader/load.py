"""Loading a pack: everything checked, everything told together."""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath

from antiphon.core.errors import PackInvalid, PackNotFound, Problem
from antiphon.core.names import Facts
from antiphon.core.pack import PackDef
from antiphon.core.rule import RuleDef
from antiphon.loader.processes import check_processes
from antiphon.loader.prompts import Prompts, read_prompts
from antiphon.loader.references import check_references, found_at
from antiphon.loader.rules import read_rules
from antiphon.loader.scales import check_scales
from antiphon.loader.sections import MAIN, Source, read_source
from antiphon.loader.shape import check_shape
from antiphon.loader.templates import Replies, compile_replies
from antiphon.loader.text import leaves


@dataclass(frozen=True, kw_only=True, slots=True)
class LoadedPack:
    """A pack that is ready to run."""

    definition: PackDef
    folder: Path
    replies: Replies
    prompts: Prompts  # what models are told; ours where the pack has none of its own
    digest: str  # sha256 of YAML and prompts, in hex; tells two packs of one version apart. Knowledge is not in it
    knowledge_files: tuple[Path, ...]  # that were there at loading; a glob without files is told by the knowledge base

    def render(self, name: str, facts: Facts) -> str:
        """The text of a reply: a `ports.Render`."""
        return self.replies(name, facts)


def load_pack(folder: Path) -> LoadedPack:
    """The pack in a folder. Blocks while it reads; some 50 ms for a hundred examples.

    Raises:
        PackNotFound: the folder has no pack.yaml.
        PackInvalid: with every problem, in the order of files and lines.
    """
    if not folder.is_dir():
        raise PackNotFound(name=folder.name, folder=folder.parent, reason="no such folder")
    if not (folder / MAIN).exists() and not (folder / MAIN).is_symlink():
        raise PackNotFound(name=folder.name, folder=folder.parent, reason=f"the folder has no {MAIN}")
    source = read_source(folder)
    if source.value is None:
        raise PackInvalid(_in_order(source.problems))
    definition, misshapen = check_shape(source)
    replies, misspoken = compile_replies(source)
    files, misled = _knowledge_files(folder, source)
    prompts, misprompted = read_prompts(folder)
    problems = [*source.problems, *misshapen, *check_references(source), *check_scales(source), *misspoken, *misled]
    rules, misruled = read_rules(folder, definition)
    problems += [*misprompted, *check_processes(source), *misruled]
    if definition is None or problems:
        raise PackInvalid(_in_order(problems))
    if rules:
        definition = definition.model_copy(update={"rules": (*definition.rules, *rules)})
    return LoadedPack(
        definition=definition,
        folder=folder,
        replies=replies,
        prompts=prompts,
        digest=_digest(source, prompts, rules),
        knowledge_files=files,
    )


def _digest(source: Source, prompts: Prompts, rules: tuple[RuleDef, ...]) -> str:
    """Of all that a pack says; that of its YAML alone where there is nothing else."""
    others = [prompts.digest, *(rule.model_dump_json(exclude_defaults=True) for rule in rules)]
    return sha256("\0".join((source.digest, *others)).encode()).hexdigest() if any(others) else source.digest


def find_packs(folder: Path) -> list[Path]:
    """The packs in a folder, by name: each subfolder with a pack.yaml.

    Raises:
        PackNotFound: there is no such folder.
    """
    if not folder.is_dir():
        raise PackNotFound(name="at all", folder=folder, reason="no such folder")
    return sorted(file.parent for file in folder.glob(f"*/{MAIN}"))


def _knowledge_files(folder: Path, source: Source) -> tuple[tuple[Path, ...], list[Problem]]:
    files: dict[Path, None] = {}
    problems: list[Problem] = []
    for path, glob in found_at(source.value, "knowledge.files.*"):
        if not isinstance(glob, str):
            continue
        if PurePosixPath(glob).is_absolute() or ".." in PurePosixPath(glob).parts:
            problems.append(source.problem(path, f"`{glob}` leads out of the pack's folder; copy the files into it"))
            continue
        try:
            found = sorted(file for file in folder.glob(glob) if not file.is_dir())
        except (ValueError, NotImplementedError) as error:
            problems.append(source.problem(path, f"`{glob}` is not a pattern of file names: {error}"))
            continue
        strays = [file for file in found if leaves(folder, file)]
        problems += [source.problem(path, _stray(folder, file)) for file in strays]
        files.update(dict.fromkeys(file for file in found if file not in strays))
    return tuple(files), problems


def _stray(folder: Path, file: Path) -> str:
    return f"`{file.relative_to(folder).as_posix()}` is a link out of the pack's folder; copy the file into it"


def _in_order(problems: list[Problem]) -> list[Problem]:
    """Without repetitions, by file and line, `pack.yaml` first."""
    return sorted(dict.fromkeys(problems), key=lambda problem: (problem.file != MAIN, problem.file, problem.line))
