"""Encode what the shipped packs say, so that the first start on an empty data folder need not.

`make setup` runs it. The file is a copy of a cache: it may be missing or old, then a start encodes what it lacks.
"""

import asyncio
import shutil
import tempfile
from pathlib import Path

from antiphon.language.encoder import SEED
from antiphon.settings import Settings
from antiphon.wiring import open_service


async def encode_all(data: Path) -> None:
    """Start on an empty folder, which encodes everything, and stop."""
    async with open_service(Settings(_env_file=None, data_dir=data)):
        pass


def main() -> None:
    """Write the seed anew."""
    SEED.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(encode_all(Path(folder)))
        (vectors,) = Path(folder).glob("embeddings/*.vectors")
        shutil.copyfile(vectors, SEED)


if __name__ == "__main__":
    main()
