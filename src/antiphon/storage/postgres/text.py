"""Full-text search on PostgreSQL: passages by the words that they hold. Words as they are, of any language."""

from collections.abc import Sequence

from antiphon.core.names import PackName, Tenant
from antiphon.core.passage import Passage
from antiphon.storage.postgres.connections import Connections

BATCH = 500  # passages in one statement, so that none is long

_FORGET = "DELETE FROM passages WHERE tenant = $1 AND pack = $2 AND id <> ALL ($3)"
_PUT = """
INSERT INTO passages AS stored (tenant, pack, id, source, title, text)
SELECT $1, $2, p.* FROM unnest($3::text[], $4::text[], $5::text[], $6::text[]) AS p (id, source, title, text)
 ORDER BY p.id COLLATE "C" -- two processes that start at once take their locks in one order
ON CONFLICT (tenant, pack, id) DO UPDATE SET source = excluded.source, title = excluded.title, text = excluded.text
 WHERE (stored.source, stored.title, stored.text) IS DISTINCT FROM (excluded.source, excluded.title, excluded.text)
"""
# Each word is parsed as the text was, and looked for as a phrase; nothing that a person writes is an operator.
_SEARCH = """
WITH wanted AS (
    SELECT string_agg('(' || phrase::text || ')', ' | ')::tsquery AS query
      FROM (SELECT phraseto_tsquery('simple', word) AS phrase FROM unnest($3::text[]) AS word) AS phrases
     WHERE numnode(phrase) > 0
)
SELECT id, ts_rank(content, query) AS rank FROM passages, wanted
 WHERE tenant = $1 AND pack = $2 AND content @@ query
 ORDER BY rank DESC, id LIMIT $4
"""


async def index(db: Connections, tenant: Tenant, pack: PackName, passages: Sequence[Passage]) -> None:
    """Make exactly these passages of a pack searchable. What has not changed is not written."""
    await db.rows(_FORGET, tenant, pack, [passage.id for passage in passages])
    for start in range(0, len(passages), BATCH):
        batch = passages[start : start + BATCH]
        columns = zip(*((p.id, p.source, _plain(p.title), _plain(p.text)) for p in batch), strict=True)
        await db.rows(_PUT, tenant, pack, *(list(column) for column in columns))


async def search(
    db: Connections, tenant: Tenant, pack: PackName, words: Sequence[str], limit: int
) -> list[tuple[str, float]]:
    """Ids of passages that hold any of the words, with a rank (higher is better), best first."""
    rows = await db.rows(_SEARCH, tenant, pack, [_plain(word) for word in words], limit)
    return [(row["id"], row["rank"]) for row in rows]


def _plain(text: str) -> str:
    """Text without NUL, which PostgreSQL does not store and nobody looks for."""
    return text.replace("\0", " ")
