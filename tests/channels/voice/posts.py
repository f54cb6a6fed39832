"""Voice's route, for the tests that spoil payloads."""

from pathlib import Path

from pydantic import ValidationError

from antiphon.api.channels.voice import Transcript
from tests.channels.post import Post

PAYLOADS = Path(__file__).parent / "payloads"


def _headers(name: str, _: bytes) -> dict[str, str]:
    return {"Content-Type": "application/json", "Idempotency-Key": f"rubbish-{name}"}


POSTS = [
    Post(
        name="voice/transcript",
        path="/api/v1/voice/transcript",
        payloads={file.stem: file.read_bytes().strip() for file in sorted(PAYLOADS.glob("*.json"))},
        headers=_headers,
        parse=Transcript.model_validate_json,
        errors=(ValidationError,),
        main="final",
        is_signed=False,
    )
]
