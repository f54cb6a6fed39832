"""Prompts: what a model is told before a message, as sandboxed templates in a pack's `prompts/` folder.

A pack that has none uses ours. Like replies they are compiled and tried out when the pack is loaded. What a customer
writes never comes into them.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Template, TemplateSyntaxError, nodes

from antiphon.core.errors import Problem
from antiphon.core.names import Facts
from antiphon.loader.shape import did_you_mean
from antiphon.loader.templates import ENVIRONMENT, forbidden, line_of
from antiphon.loader.text import Unreadable, read_text

FOLDER = "prompts"
OURS = Path(__file__).parent / "defaults"

_BUSINESS = {"business": "The Shop", "about": "Sells things."}
_EXAMPLES = ["one", "two"]

# What each prompt sees, as an example that it is tried out with.
SEEN: Mapping[str, Mapping[str, Any]] = {
    "classify": {
        **_BUSINESS,
        "intents": [{"name": "order", "description": "Wants to order.", "examples": _EXAMPLES}],
        "none_of_these": "none_of_these",
    },
    "judge": {
        **_BUSINESS,
        "scale": "severity",
        "description": "How bad it is.",
        "levels": [{"name": "low", "examples": _EXAMPLES}],
        "otherwise": "low",
    },
    "draft": {**_BUSINESS, "passages": [{"title": "Delivery", "text": "Within two days."}]},
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Prompts:
    """The prompts of a pack."""

    templates: Mapping[str, Template]
    digest: str  # sha256 of the pack's own, in hex; "" when it has none

    def __call__(self, name: str, facts: Facts) -> str:
        """The text of a prompt.

        Raises:
            KeyError: there is no such prompt.
        """
        return self.templates[name].render(facts).strip()


def read_prompts(folder: Path) -> tuple[Prompts, list[Problem]]:
    """The prompts of the pack in a folder, and everything that is wrong with them."""
    problems = _strangers(folder / FOLDER)
    templates: dict[str, Template] = {}
    digest = hashlib.sha256()
    own = False
    for name in SEEN:
        file = f"{FOLDER}/{name}.md"
        is_own = (folder / file).exists() or (folder / file).is_symlink()
        try:
            text = read_text(folder, file) if is_own else (OURS / f"{name}.md").read_text(encoding="utf-8")
        except Unreadable as reason:
            problems.append(Problem(file=file, line=reason.line, message=str(reason)))
            continue
        if is_own:
            own = True
            digest.update(f"{file}\0{len(text)}\0{text}".encode())
        template, wrong = _compiled(name, text)
        problems += [Problem(file=file, line=line, message=message) for line, message in wrong]
        if template is not None:
            templates[name] = template
    return Prompts(templates=templates, digest=digest.hexdigest() if own else ""), problems


def _compiled(name: str, text: str) -> tuple[Template | None, list[tuple[int, str]]]:
    """The template, or None, and what is wrong with it on which line."""
    if not text.strip():
        return None, [(0, "the prompt is empty; without the file ours is used")]
    try:
        tree = ENVIRONMENT.parse(text)
    except TemplateSyntaxError as error:
        return None, [(error.lineno, f"not a template: {error.message}")]
    wrong = sorted({*forbidden(tree, "prompts"), *_unknown(name, tree)})
    if wrong:
        return None, wrong
    template = ENVIRONMENT.from_string(text)
    try:
        template.render(SEEN[name])
    except Exception as error:  # noqa: BLE001 - whatever a template raises is a problem of the template
        return None, [(line_of(error), f"fails when it is tried out: {error}")]
    return template, []


def _unknown(name: str, tree: nodes.Template) -> list[tuple[int, str]]:
    """Names that the prompt is not given."""
    used = list(tree.find_all(nodes.Name))
    known = {"loop", *SEEN[name], *(node.name for node in used if node.ctx != "load")}
    return [
        (node.lineno, f"unknown field `{node.name}`{did_you_mean(node.name, sorted(SEEN[name]))}")
        for node in used
        if node.name not in known
    ]


def _strangers(folder: Path) -> list[Problem]:
    """Files that nobody would read."""
    found = sorted(file.name for file in folder.iterdir() if file.suffix == ".md") if folder.is_dir() else []
    known = [f"{name}.md" for name in SEEN]
    return [
        Problem(file=f"{FOLDER}/{name}", line=0, message=f"is not read{did_you_mean(name, known)}")
        for name in found
        if name not in known
    ]
