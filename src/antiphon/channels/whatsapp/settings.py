"""What WhatsApp needs to be let in."""

import re
from dataclasses import dataclass, field

GRAPH = "https://graph.facebook.com"
GRAPH_VERSION = "v25.0"  # lived for two years from 2026; a base URL that ends with another one wins
TIMEOUT_SECONDS = 20.0  # for a whole answer of the Graph API; a media file has more, see `media`

_VERSIONED = re.compile(r"/v\d+\.\d+$")


@dataclass(frozen=True, kw_only=True, slots=True)
class WhatsAppSettings:
    """Credentials, empty where not set. Without the secret nothing is taken; without the token nothing is sent."""

    phone_number_id: str = ""  # of the business's own number; no telephone number
    access_token: str = field(default="", repr=False)
    app_secret: str = field(default="", repr=False)  # signs what Meta sends
    verify_token: str = field(default="", repr=False)  # our own word, which Meta repeats at the subscription
    base_url: str = GRAPH
    timeout_seconds: float = TIMEOUT_SECONDS

    @property
    def receives(self) -> bool:
        """Whether webhooks can be told from others."""
        return bool(self.app_secret or self.verify_token)

    @property
    def sends(self) -> bool:
        """Whether people can be written to."""
        return bool(self.phone_number_id and self.access_token)

    @property
    def root(self) -> str:
        """The address that paths of the Graph API are added to, with its version."""
        base = self.base_url.rstrip("/")
        return base if _VERSIONED.search(base) else f"{base}/{GRAPH_VERSION}"
