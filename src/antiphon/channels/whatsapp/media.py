"""Files that people send: fetched from Meta, within limits of size and type, and checked against what was announced."""

import asyncio
import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import Any

import httpx

from antiphon.channels.whatsapp.graph import Graph
from antiphon.channels.whatsapp.inbound import MediaRef
from antiphon.channels.whatsapp.reading import line_in, number_in
from antiphon.core.errors import MediaAway, MediaRefused

MIB = 1024 * 1024
SECONDS = 120.0  # for a whole file; 100 MiB at a slow 1 MiB a second
MAX_BYTES: Mapping[str, int] = {  # what Meta itself lets through
    "image": 5 * MIB,
    "audio": 16 * MIB,
    "video": 16 * MIB,
    "document": 100 * MIB,
    "sticker": MIB,
}
_OFFICE = "application/vnd.openxmlformats-officedocument."
TYPES: Mapping[str, tuple[str, ...]] = {  # a type, or how one begins
    "image": ("image/jpeg", "image/png", "image/webp"),
    "audio": ("audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"),
    "video": ("video/mp4", "video/3gpp"),
    "document": ("application/pdf", "text/plain", "text/csv", "application/msword", "application/vnd.ms-", _OFFICE),
    "sticker": ("image/webp",),
}
HOSTS = ("fbsbx.com", "fbcdn.net", "whatsapp.net", "facebook.com")  # where Meta keeps them; nobody else gets the token


@dataclass(frozen=True, kw_only=True, slots=True)
class Media:
    """A file."""

    ref: MediaRef
    mime_type: str
    content: bytes = field(repr=False)


async def download(graph: Graph, ref: MediaRef, *, max_bytes: int | None = None) -> Media:
    """The file of a message. `max_bytes` may only lower the limit of its kind.

    Raises:
        MediaRefused: it is too large, of a type that is not taken, or not what was announced.
        MediaAway: Meta does not hand it out at the moment, or no longer.
    """
    limit = min(MAX_BYTES.get(ref.kind, 0), max_bytes if max_bytes is not None else MAX_BYTES["document"])
    if not ref.id.isascii() or not ref.id.isalnum():
        raise MediaRefused(reason="its id is none")
    try:
        async with asyncio.timeout(SECONDS):
            about = await _about(graph, ref)
            mime_type = _checked(graph, ref, about, limit)
            content = await _fetched(graph, str(about["url"]), limit)
    except TimeoutError:
        raise MediaAway(reason=f"it did not come within {SECONDS:g} s") from None
    except httpx.HTTPError as error:
        raise MediaAway(reason=f"the connection failed ({type(error).__name__})") from None
    _check_hash(content, line_in(about, "sha256") or ref.sha256)
    return Media(ref=ref, mime_type=mime_type, content=content)


async def _about(graph: Graph, ref: MediaRef) -> dict[str, Any]:
    status, about = await graph.call("GET", ref.id)
    if status in (400, 404):
        raise MediaRefused(reason="Meta does not know it, or no longer keeps it")
    if status != 200 or not isinstance(about, dict):
        raise MediaAway(reason=f"Meta answered {status}")
    return about


def _checked(graph: Graph, ref: MediaRef, about: dict[str, Any], limit: int) -> str:
    """Its type, when all that is announced is within limits."""
    mime_type = (line_in(about, "mime_type") or ref.mime_type or "").partition(";")[0].strip().lower()
    if not mime_type.startswith(TYPES.get(ref.kind, ("-",))):
        raise MediaRefused(reason=f"{mime_type[:80] or 'no type'} is not taken for a message of kind {ref.kind}")
    if (number_in(about, "file_size") or 0) > limit:
        raise _too_large(limit)
    if not _is_known(line_in(about, "url", 2000), graph.root):
        raise MediaRefused(reason="it lies with somebody who is not Meta")
    return mime_type


def _is_known(url: str, root: str) -> bool:
    """Whether an address is where the Graph API is, or, over TLS, with Meta."""
    try:
        found, ours = httpx.URL(url), httpx.URL(root)
    except httpx.InvalidURL:
        return False
    if (found.scheme, found.host, found.port) == (ours.scheme, ours.host, ours.port):
        return True
    return found.scheme == "https" and any(found.host == host or found.host.endswith(f".{host}") for host in HOSTS)


async def _fetched(graph: Graph, url: str, limit: int) -> bytes:
    async with graph.opened("GET", url) as response:
        if response.status_code != 200:
            raise MediaAway(reason=f"the file's server answered {response.status_code}")
        read = bytearray()
        async for piece in response.aiter_raw():
            read += piece
            if len(read) > limit:
                raise _too_large(limit)
    return bytes(read)


def _check_hash(content: bytes, announced: str | None) -> None:
    """Meta writes it as hex with a file, and in base64 with a message."""
    if not announced:
        return
    digest = hashlib.sha256(content)
    try:
        given = bytes.fromhex(announced) if len(announced) == 64 else base64.b64decode(announced, validate=True)
    except (ValueError, binascii.Error):
        given = b""
    if not compare_digest(given, digest.digest()):
        raise MediaRefused(reason="it is not the file that was announced")


def _too_large(limit: int) -> MediaRefused:
    return MediaRefused(reason=f"it is larger than {limit:,} bytes")
