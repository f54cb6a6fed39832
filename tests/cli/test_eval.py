"""`antiphon eval`: figures for files of one's own, and what is said of files that are none."""

import builtins
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from antiphon.storage.sqlite.lock import FolderLock
from tests.cli.command import antiphon

EXAMPLES = [
    *(("lost_card", text) for text in ("I lost my card", "my card is gone", "where is my card? it is lost")),
    *(("refund", text) for text in ("I want my money back", "please refund me", "refund my last payment")),
    *(("hours", text) for text in ("when do you open", "what are your opening hours", "are you open on Sunday")),
]
PASSAGES = [
    {"id": "cat", "text": "A cat is a small animal that says meow and likes to hunt mice."},
    {"id": "sun", "text": "The sun is a star, and the earth moves around it once a year."},
    {"id": "E1", "text": "Error AX-4012 means that the door of the machine is open."},
    {"id": "E2", "text": "Error AX-4013 means that the door of the machine is locked."},
    {"id": "long", "text": "Bread is made of flour, water, salt and yeast, and it is baked. " * 40},
]
QUERIES = [
    {"id": "q1", "text": "which animal hunts mice?", "relevant": ["cat"]},
    {"id": "q2", "text": "what is AX-4013?", "relevant": ["E2"]},
    {"id": "q3", "text": "how do I make bread?", "relevant": ["long"]},
]


def write(file: Path, lines: Sequence[Any]) -> Path:
    """Lines of JSON; text as it is."""
    file.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines))
    return file


@pytest.fixture
def train(tmp_path: Path) -> Path:
    return write(tmp_path / "train.jsonl", [{"text": text, "intent": intent} for intent, text in EXAMPLES])


@pytest.fixture
def test(tmp_path: Path) -> Path:
    lines = [
        {"text": "my card has gone missing", "intent": "lost_card"},
        "",
        {"text": "could you refund me please", "intent": "refund", "id": 7},
        {"text": "how tall is the Eiffel tower", "intent": "oos"},
    ]
    return write(tmp_path / "test.jsonl", lines)


@pytest.fixture
def passages(tmp_path: Path) -> Path:
    return write(tmp_path / "passages.txt", PASSAGES)


@pytest.fixture
def queries(tmp_path: Path) -> Path:
    return write(tmp_path / "queries.txt", QUERIES)


# Intents


def test_figures_of_intents_are_the_last_line(train: Path, test: Path) -> None:
    ran = antiphon("eval", "intents", "--train", train, "--test", test, "--json")
    assert ran.status == 0
    found = json.loads(ran.last_line)
    assert list(found) == ["in_scope_accuracy", "oos_recall", "false_rejections", "calibration_error", "p50_ms"]
    assert (found["in_scope_accuracy"], found["oos_recall"]) == (1.0, 1.0)
    assert 0 <= found["calibration_error"] <= 1
    assert found["p50_ms"] > 0
    assert ran.out.strip() == ran.last_line  # for programs, nothing else is there
    assert "in_scope_accuracy" in ran.err


def test_without_json_a_table_is_printed(train: Path, test: Path) -> None:
    ran = antiphon("eval", "intents", "--train", train, "--test", test)
    assert ran.status == 0
    assert "│ in_scope_accuracy │ 1.0000 │" in ran.out
    assert "3 messages, 3 intents learnt from 9 examples" in ran.out


def test_a_figure_of_nothing_is_null(train: Path) -> None:
    found = json.loads(antiphon("eval", "intents", "--train", train, "--test", train, "--json").last_line)
    assert found["oos_recall"] is None


def test_an_intent_that_nobody_taught_counts_as_wrong(train: Path, tmp_path: Path) -> None:
    lines = [{"text": "I lost my card", "intent": "lost_card"}, {"text": "hello", "intent": "greeting"}]
    ran = antiphon("eval", "intents", "--train", train, "--test", write(tmp_path / "t", lines), "--json")
    assert json.loads(ran.last_line)["in_scope_accuracy"] == 0.5
    assert "No example teaches greeting" in ran.err


def test_a_calibration_is_drawn(train: Path, test: Path, tmp_path: Path) -> None:
    plot = tmp_path / "calibration.png"
    assert antiphon("eval", "intents", "--train", train, "--test", test, "--plot", plot).status == 0
    assert plot.read_bytes().startswith(b"\x89PNG")
    ran = antiphon("eval", "intents", "--train", train, "--test", test, "--plot", tmp_path / "nowhere" / "c.png")
    assert ran.status == 1
    assert "cannot be written: No such file or directory" in ran.err


def test_without_matplotlib_it_says_what_to_install(
    train: Path, test: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def importing(name: str, *rest: Any) -> Any:
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", importing)
    ran = antiphon("eval", "intents", "--train", train, "--test", test, "--plot", tmp_path / "c.png")
    assert ran.status == 1
    assert "pip install 'antiphon[plots]'" in ran.err


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "column 2"),
        ("[1]", "valid dictionary"),
        ('{"text": "x"}', "intent: Field required"),
        ('{"text": " ", "intent": "a"}', "text: String should have at least 1 character"),
        ('{"text": ["x"], "intent": "a"}', "text: Input should be a valid string"),
    ],
)
def test_a_bad_line_is_named_with_its_file(train: Path, line: str, said: str, tmp_path: Path) -> None:
    bad = write(tmp_path / "bad.jsonl", [{"text": "x", "intent": "refund"}, "", line])
    for files in (("--train", train, "--test", bad), ("--train", bad, "--test", train)):
        ran = antiphon("eval", "intents", *files, "--json")
        assert (ran.status, ran.out) == (1, "")
        assert f"{bad}:3: " in ran.err
        assert said in ran.err


def test_files_that_cannot_be_used_say_why(train: Path, tmp_path: Path) -> None:
    empty = write(tmp_path / "empty", [""])
    strange = write(tmp_path / "oos", [{"text": "x", "intent": "oos"}])
    latin = tmp_path / "latin"
    latin.write_bytes(b'{"text": "caf\xe9", "intent": "a"}\n')
    for file, said in (
        (tmp_path / "missing", "No such file"),
        (empty, "there is nothing in it"),
        (strange, "no example of any intent"),
        (latin, "is not UTF-8 text"),
    ):
        ran = antiphon("eval", "intents", "--train", file, "--test", train)
        assert ran.status == 1
        assert f"{file}:1: " in ran.err
        assert said in ran.err


# Retrieval


def test_figures_of_retrieval_are_the_last_line(passages: Path, queries: Path) -> None:
    ran = antiphon("eval", "retrieval", "--passages", passages, "--queries", queries, "--json")
    assert ran.status == 0
    found = json.loads(ran.last_line)
    assert list(found) == ["hit@1", "mrr", "ndcg@10", "recall@10", "p50_ms"]
    assert [found[name] for name in ("hit@1", "mrr", "ndcg@10", "recall@10")] == [1.0, 1.0, 1.0, 1.0]
    assert "3 queries over 5 passages" in ran.err


def test_what_was_encoded_is_kept_below_the_data_folder(passages: Path, queries: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    files = ("--passages", passages, "--queries", queries, "--json", "--data", data)
    first = json.loads(antiphon("eval", "retrieval", *files).last_line)
    (vectors,) = (data / "evaluation" / "embeddings").iterdir()
    kept = vectors.read_bytes()
    again = json.loads(antiphon("eval", "retrieval", *files).last_line)
    assert vectors.read_bytes() == kept
    assert {**again, "p50_ms": 0} == {**first, "p50_ms": 0}
    lock = FolderLock(data / "evaluation")
    assert antiphon("eval", "retrieval", *files).status == 1
    lock.release()


@pytest.mark.parametrize(
    ("file", "line", "said"),
    [
        ("passages", '{"id": "cat", "text": "again"}', "the id cat was on a line before"),
        ("passages", '{"id": "x"}', "text: Field required"),
        ("queries", '{"id": "q9", "text": "x"}', "relevant: Field required"),
        ("queries", '{"id": "q9", "text": "x", "relevant": []}', "relevant: Tuple should have at least 1 item"),
        ("queries", '{"id": "q9", "text": "x", "relevant": ["dog"]}', "no passage has the id dog"),
        ("queries", '{"id": "q1", "text": "x", "relevant": ["cat"]}', "the id q1 was on a line before"),
    ],
)
def test_a_bad_line_of_retrieval_is_named(passages: Path, queries: Path, file: str, line: str, said: str) -> None:
    bad = {"passages": passages, "queries": queries}[file]
    count = len(bad.read_text().splitlines())
    bad.write_text(f"{bad.read_text()}{line}\n")
    ran = antiphon("eval", "retrieval", "--passages", passages, "--queries", queries)
    assert ran.status == 1
    assert f"{bad}:{count + 1}: " in ran.err
    assert said in ran.err
