"""WhatsApp's routes, for the tests that spoil payloads."""

from antiphon.channels.whatsapp.parse import parse
from antiphon.core.errors import WebhookUnreadable
from tests.channels.post import Post
from tests.channels.whatsapp.recorded import NAMES, SECRET, headers, recorded


def _post(path: str) -> Post:
    return Post(
        name=f"whatsapp{path}",
        path=path,
        payloads={name: recorded(name).strip() for name in NAMES},
        headers=lambda _, body: headers(body),
        parse=parse,
        errors=(WebhookUnreadable,),
        main="image",
        env={"WHATSAPP_APP_SECRET": SECRET},
    )


POSTS = [_post("/webhooks/whatsapp"), _post("/webhook")]
