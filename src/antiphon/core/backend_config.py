"""How the business's own system is reached. The addresses come from here alone, never from a message."""

import re
from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

AuthKind: TypeAlias = Literal["none", "bearer", "api_key", "basic", "oauth2"]
Method: TypeAlias = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]

# What each kind of `auth_type` needs, and what it may have besides.
CREDENTIALS: Final[dict[AuthKind, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "none": ((), ()),
    "bearer": (("token",), ()),
    "api_key": (("key",), ("header",)),
    "basic": (("username", "password"), ()),
    "oauth2": (("token_url", "client_id", "client_secret"), ("scope", "audience")),
}

_METHOD_AND_PATH = re.compile(r"(?P<method>GET|POST|PUT|PATCH|DELETE) +(?P<path>/.*)$", re.DOTALL)


class _Config(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class EndpointConfig(_Config):
    """One thing that the backend can be asked or told."""

    path: str = Field(description="REST: a path below base_url, with {placeholders}. GraphQL: the query or mutation.")
    method: Method | None = Field(default=None, description="REST: left out, the usual one of the operation.")
    result: str = Field(
        default="", description="Where in the answer the result stands: a dotted path such as data.items."
    )


def _endpoint(value: Any) -> Any:
    """A text stands for a path, or for a method and a path."""
    if not isinstance(value, str):
        return value
    if both := _METHOD_AND_PATH.match(value):
        return both.groupdict()
    return {"path": value}


Endpoint: TypeAlias = Annotated[EndpointConfig, BeforeValidator(_endpoint)]


class BackendConfig(_Config):
    """The section `backend` of the settings file."""

    type: str = Field(default="rest", description="rest, graphql, mock, or a connector that is installed.")
    base_url: str = Field(default="", description="Address of the backend; the mock backend answers when it is empty.")
    auth_type: AuthKind = Field(default="none", description="How we prove who we are.")
    auth_credentials: dict[str, SecretStr] = Field(default_factory=dict, description="What auth_type needs.")
    endpoints: dict[str, Endpoint] = Field(
        default_factory=dict, description="Operations by name, and more of your own."
    )
    timeout_seconds: float = Field(default=10.0, gt=0, le=300, description="Seconds that one try may take.")
    tries: int = Field(default=3, ge=1, le=10, description="How often a call is tried that may be repeated.")
    max_answer_bytes: int = Field(
        default=2_000_000, ge=1_000, description="Bytes of an answer; larger ones are refused."
    )
    breaker_failures: int = Field(default=5, ge=1, description="Failures in a row after which it is left alone.")
    breaker_rest_seconds: float = Field(default=30.0, gt=0, description="Seconds that it is left alone.")
    options: dict[str, Any] = Field(
        default_factory=dict, description="Anything that a connector of your own needs.", repr=False
    )
