"""Files that people send: fetched within limits, and only from Meta."""

import base64
import hashlib
from typing import Any

import pytest

from antiphon.channels.whatsapp.inbound import MediaRef
from antiphon.core.errors import MediaAway, MediaRefused
from tests.channels.whatsapp.desk import Desk

PICTURE = b"\xff\xd8" + b"x" * 5000


def ref(media_id: str = "123", kind: str = "image", **more: Any) -> MediaRef:
    return MediaRef(kind=kind, id=media_id, mime_type="image/jpeg", **more)


async def test_a_file_is_fetched_and_checked(desk: Desk) -> None:
    desk.meta.files["123"] = PICTURE
    announced = base64.b64encode(hashlib.sha256(PICTURE).digest()).decode()
    media = await desk.channel.media(ref(sha256=announced))
    assert (media.content, media.mime_type) == (PICTURE, "image/jpeg")


@pytest.mark.parametrize(
    ("about", "kind", "said"),
    [
        ({"file_size": 5 * 1024 * 1024 + 1}, "image", "larger than"),
        ({"mime_type": "text/html"}, "image", "text/html is not taken"),
        ({"mime_type": "application/x-msdownload"}, "document", "is not taken"),
        ({"mime_type": "image/jpeg"}, "reaction", "is not taken"),
        ({"url": "http://169.254.169.254/latest"}, "image", "not Meta"),
        ({"url": "https://fbcdn.net.evil.example/x"}, "image", "not Meta"),
        ({"url": "http://lookaside.fbsbx.com/x"}, "image", "not Meta"),
        ({"url": "http://[/"}, "image", "not Meta"),
        ({"url": None}, "image", "not Meta"),
        ({"sha256": "0" * 64}, "image", "not the file"),
        ({"sha256": "?"}, "image", "not the file"),
    ],
)
async def test_what_is_not_taken(desk: Desk, about: dict[str, Any], kind: str, said: str) -> None:
    desk.meta.files["123"] = PICTURE
    desk.meta.about["123"] = about
    with pytest.raises(MediaRefused, match=said):
        await desk.channel.media(ref(kind=kind))


async def test_a_file_that_is_larger_than_it_says_is_broken_off(desk: Desk) -> None:
    desk.meta.files["123"] = PICTURE
    desk.meta.about["123"] = {"file_size": 10}
    with pytest.raises(MediaRefused, match="larger than 1,000"):
        await desk.channel.media(ref(), max_bytes=1000)


@pytest.mark.parametrize("media_id", ["../me", "a/b", "1?x=1", "ä"])
async def test_an_id_that_is_a_path_is_refused(desk: Desk, media_id: str) -> None:
    with pytest.raises(MediaRefused, match="its id is none"):
        await desk.channel.media(ref(media_id))


async def test_what_is_no_longer_kept_is_refused(desk: Desk) -> None:
    with pytest.raises(MediaRefused, match="no longer keeps"):
        await desk.channel.media(ref("404"))


async def test_a_server_that_is_away_is_said(desk: Desk) -> None:
    desk.meta.files["123"] = PICTURE
    desk.meta.about["123"] = {"url": desk.meta.url + "/files/404"}
    with pytest.raises(MediaAway, match="answered 400"):
        await desk.channel.media(ref())
