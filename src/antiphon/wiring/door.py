"""What the settings ask of whoever comes in."""

from antiphon.api.door import Door
from antiphon.api.signatures import Signatures
from antiphon.core.signing import check_secrets
from antiphon.limits.window import check_limit
from antiphon.settings import Settings, listed
from antiphon.wiring.channels import inbound_of


def door_of(settings: Settings) -> Door:
    """What these settings ask of whoever comes in.

    Raises:
        SettingInvalid: a rate limit that cannot be read.
    """
    return Door(
        origins=settings.origins,
        disclose=settings.app_env == "development",
        webhook_keys=listed(settings.webhook_api_key),
        admin_keys=listed(settings.autoflow_admin_api_key),
        signatures=_signatures(settings),
        webhook_limit=check_limit("WEBHOOK_RATE_LIMIT", settings.webhook_rate_limit),
        heartbeat_seconds=settings.websocket_heartbeat_seconds,
        inbound=inbound_of(settings),
    )


def _signatures(settings: Settings) -> Signatures | None:
    secrets = check_secrets("WEBHOOK_SIGNING_SECRETS", listed(settings.webhook_signing_secrets))
    return Signatures(secrets) if secrets else None
