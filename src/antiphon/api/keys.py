"""Keys at the edge: off until they are set, compared in constant time."""

import hmac
from dataclasses import dataclass, field

from fastapi import HTTPException


@dataclass(frozen=True, kw_only=True, slots=True)
class Keys:
    """The keys that are set. An unset key opens what it would guard."""

    webhook: str | None = field(default=None, repr=False)  # X-API-Key of AutoFlow's webhook, token of its socket
    admin: str | None = field(default=None, repr=False)  # X-Admin-Key of what deletes or changes

    def check_webhook(self, given: str | None) -> None:
        """Let the caller in, or refuse with 401."""
        if not holds(self.webhook, given):
            raise HTTPException(401, "Invalid or missing API key")

    def check_admin(self, given: str | None) -> None:
        """Let the operator in, or refuse with 401."""
        if not holds(self.admin, given):
            raise HTTPException(401, "Invalid or missing admin key")


def holds(key: str | None, given: str | None) -> bool:
    """Whether a key that was given opens what `key` guards."""
    return key is None or hmac.compare_digest(key.encode(), (given or "").encode("utf-8", "surrogatepass"))
