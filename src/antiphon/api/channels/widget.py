"""The web chat widget: one script for any page, and a page that shows it."""

from functools import cache
from hashlib import sha256
from pathlib import Path

from fastapi import APIRouter, Request, Response

router = APIRouter(tags=["channels"], include_in_schema=False)

FILES = Path(__file__).parents[1] / "widget"
CACHE = "public, max-age=300"  # so that a new version is everywhere soon
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@router.get("/widget.js")
async def script(request: Request) -> Response:
    """The widget, for pages of any origin."""
    return _answer(request, "widget.js", "text/javascript", {"Cross-Origin-Resource-Policy": "cross-origin"})


@router.get("/widget.css")
async def style(request: Request) -> Response:
    """How the page that shows it looks."""
    return _answer(request, "page.css", "text/css")


@router.get("/widget")
async def page(request: Request) -> Response:
    """The page that shows it; nothing but files of ours runs there."""
    headers = {"Content-Security-Policy": POLICY, "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY"}
    return _answer(request, "page.html", "text/html", headers)


def _answer(request: Request, name: str, kind: str, headers: dict[str, str] | None = None) -> Response:
    content, tag = _file(name)
    told = {"ETag": tag, "Cache-Control": CACHE, "X-Content-Type-Options": "nosniff", **(headers or {})}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=told)
    return Response(content, media_type=f"{kind}; charset=utf-8", headers=told)


@cache
def _file(name: str) -> tuple[bytes, str]:
    content = (FILES / name).read_bytes()
    return content, f'"{sha256(content).hexdigest()[:16]}"'
