"""Full-text search on SQLite (FTS5): passages by the words that they hold."""

import sqlite3
from collections.abc import Sequence

from antiphon.core.names import PackName, Tenant
from antiphon.core.passage import Passage


def index(db: sqlite3.Connection, tenant: Tenant, pack: PackName, passages: Sequence[Passage]) -> None:
    """Make exactly these passages of a pack searchable."""
    db.execute("DELETE FROM passages WHERE tenant = ? AND pack = ?", (tenant, pack))
    db.execute("DELETE FROM passages_text WHERE tenant = ? AND pack = ?", (tenant, pack))
    db.executemany(
        "INSERT INTO passages (tenant, pack, id, source, title, text) VALUES (?, ?, ?, ?, ?, ?)",
        [(tenant, pack, p.id, p.source, p.title, p.text) for p in passages],
    )
    db.executemany(
        "INSERT INTO passages_text (tenant, pack, id, content) VALUES (?, ?, ?, ?)",
        [(tenant, pack, p.id, p.content) for p in passages],
    )


def search(
    db: sqlite3.Connection, tenant: Tenant, pack: PackName, words: Sequence[str], limit: int
) -> list[tuple[str, float]]:
    """Ids of passages that hold any of the words, with a rank (BM25, higher is better)."""
    if not words:
        return []
    # Each word is a quoted phrase: nothing that a person writes is an operator of the query language.
    query = " OR ".join('"' + word.replace('"', '""') + '"' for word in words)
    rows = db.execute(
        "SELECT id, -bm25(passages_text) AS rank FROM passages_text"
        " WHERE passages_text MATCH ? AND tenant = ? AND pack = ? ORDER BY rank DESC, id LIMIT ?",
        (query, tenant, pack, limit),
    )
    return [(row["id"], row["rank"]) for row in rows]
