"""Reading files: what is refused, and how exactly it is said."""

import os
from pathlib import Path

import pytest

from antiphon.core.errors import KnowledgeBroken
from antiphon.knowledge import reading
from antiphon.knowledge.reading import marks, read
from tests.knowledge.shelf import AUTOSTREAM, Shelf


def _reason(shelf: Shelf, *globs: str) -> str:
    with pytest.raises(KnowledgeBroken) as raised:
        read(shelf.folder, globs or ("knowledge/*",))
    return str(raised.value.reason)


def test_broken_json_names_file_line_and_column(shelf: Shelf) -> None:
    shelf.put("kb.json", '{\n  "faqs": [\n    {"question": "A?" "answer": "B"}\n  ]\n}')
    assert _reason(shelf) == "knowledge/kb.json, line 3, column 23: Expecting ',' delimiter"


def test_an_empty_json_file_is_broken_at_its_beginning(shelf: Shelf) -> None:
    shelf.put("kb.json", "")
    assert _reason(shelf) == "knowledge/kb.json, line 1, column 1: Expecting value"


@pytest.mark.parametrize(
    ("name", "content"), [("a.json", "{}"), ("a.json", "[null]"), ("a.md", "# Title\n"), ("a.txt", " ")]
)
def test_a_file_that_says_nothing_is_broken(shelf: Shelf, name: str, content: str) -> None:
    shelf.put(name, content)
    assert _reason(shelf) == f"knowledge/{name} says nothing that could be answered with"


def test_what_is_not_utf8_names_its_place(shelf: Shelf) -> None:
    shelf.put("a.md", b"# Title\n\nCaf\xe9 Paris\n")
    assert _reason(shelf) == "knowledge/a.md, line 3, column 4: not UTF-8 text"


def test_a_missing_file_and_an_empty_glob_are_told_apart(shelf: Shelf) -> None:
    assert _reason(shelf, "knowledge/kb.json") == "knowledge/kb.json is missing"
    assert _reason(shelf, "knowledge/*.md") == "no file matches knowledge/*.md"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_says_so(shelf: Shelf) -> None:
    shelf.put("a.txt", "Secret.").chmod(0)
    assert _reason(shelf) == "knowledge/a.txt: Permission denied"


def test_a_file_that_is_too_large_says_so(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "LARGEST", 1_000_000)
    shelf.put("a.txt", "x" * 1_000_001)
    assert _reason(shelf) == "knowledge/a.txt is larger than 1 MB; divide it"


def test_another_format_is_refused_by_name(shelf: Shelf) -> None:
    shelf.put("a.pdf", "%PDF")
    assert _reason(shelf) == "knowledge/a.pdf is none of .json, .jsonl, .md, .markdown, .txt"


@pytest.mark.parametrize("glob", ["../*.md", "/etc/passwd", "knowledge/../../x.md"])
def test_a_glob_may_not_leave_the_pack(shelf: Shelf, glob: str) -> None:
    assert _reason(shelf, glob) == f"{glob} leads out of the pack's folder"


@pytest.mark.parametrize("glob", ["", "a\0b"])
def test_what_is_no_glob_is_refused(shelf: Shelf, glob: str) -> None:
    assert "is no glob" in _reason(shelf, glob) or "is missing" in _reason(shelf, glob)


def test_json_without_end_and_numbers_without_end_are_refused(shelf: Shelf) -> None:
    shelf.put("a.json", "[" * 100_000)
    assert _reason(shelf).startswith("knowledge/a.json")
    shelf.put("a.json", "[" * 60 + '"deep"' + ",1]" * 60)
    assert "nested more than 40 levels deep" in _reason(shelf)
    shelf.put("a.json", '{"n": ' + "9" * 5_000 + "}")
    assert _reason(shelf).startswith("knowledge/a.json: ")


def test_files_are_read_once_in_the_order_of_the_globs(shelf: Shelf) -> None:
    shelf.put("b.txt", "Bees.")
    shelf.put("a.txt", "Ants.")
    shelf.put(".hidden.txt", "Nobody.")
    pieces = read(shelf.folder, ["knowledge/b.txt", "knowledge/*"])
    assert [piece.passage.text for piece in pieces] == ["Bees.", "Ants."]


def test_ids_are_unique_and_the_same_at_each_reading(shelf: Shelf) -> None:
    shelf.put("kb.json", AUTOSTREAM)
    shelf.put("help.md", "# A\n\none\n\n## B\n\ntwo\n\n# A\n\nthree")
    shelf.put("sub/kb.txt", "One.\n\nTwo.")
    ids = [piece.passage.id for piece in read(shelf.folder, ["knowledge/**/*"])]
    assert len(set(ids)) == len(ids)
    assert ids == [piece.passage.id for piece in read(shelf.folder, ["knowledge/**/*"])]
    assert "knowledge/kb.json#faqs/3" in ids
    assert "knowledge/sub/kb.txt#paragraph-2" in ids


def test_nothing_is_kept_that_a_database_refuses(shelf: Shelf) -> None:
    shelf.put("kb.json", '{"faqs": [{"question": "A\\u0000?", "answer": "B\\ud800 \\u0007c"}]}')
    (piece,) = read(shelf.folder, ["knowledge/*"])
    assert (piece.passage.title, piece.passage.text) == ("A?", "B c")


def test_a_byte_order_mark_and_carriage_returns_do_not_matter(shelf: Shelf) -> None:
    shelf.put("a.md", b"\xef\xbb\xbf# Title\r\n\r\nFirst\r\nline.\r\n")
    (piece,) = read(shelf.folder, ["knowledge/*"])
    assert piece.passage.content == "Title: First line."


def test_marks_change_with_the_files(shelf: Shelf) -> None:
    globs = ["knowledge/*", "knowledge/kb.json"]
    seen = {marks(shelf.folder, globs)}
    file: Path = shelf.put("kb.json", "{}")
    seen.add(marks(shelf.folder, globs))
    assert marks(shelf.folder, globs) in seen
    shelf.put("kb.json", "[1]")
    seen.add(marks(shelf.folder, globs))
    shelf.put("more.txt", "More.")
    seen.add(marks(shelf.folder, globs))
    file.unlink()
    seen.add(marks(shelf.folder, globs))
    assert len(seen) == 5
