"""What routes take: the service of this process, and text that can be stored."""

from typing import Annotated

from fastapi import Depends
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from starlette.requests import HTTPConnection

from antiphon.engine.service import Service

MAX_MESSAGE_CHARS = 5000
ID_PATTERN = r"^[A-Za-z0-9+@_][A-Za-z0-9+@_:.\-]{0,127}$"


def service_of(connection: HTTPConnection) -> Service:
    """The service that the application was made around."""
    service: Service = connection.app.state.service
    return service


async def _service(connection: HTTPConnection) -> Service:
    return service_of(connection)


Served = Annotated[Service, Depends(_service)]


def _storable(text: str) -> str:
    """NUL bytes end strings in databases and logs, and half a surrogate pair is no character; nobody types either."""
    if "\x00" in text:
        raise ValueError("must not contain NUL characters")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("must not contain surrogates") from None
    return text


def _no_path(text: str) -> str:
    if ".." in text:
        raise ValueError("must not contain '..'")
    return text


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be blank")
    return text


Text = Annotated[str, AfterValidator(_storable)]
Message = Annotated[
    str,
    StringConstraints(min_length=1, max_length=MAX_MESSAGE_CHARS),
    AfterValidator(_storable),
    AfterValidator(_not_blank),
]
OutsideId = Annotated[
    str,
    Field(pattern=ID_PATTERN, description="1 to 128 letters, digits and + @ _ : . -"),
    AfterValidator(_no_path),
]
IdempotencyKey = Annotated[str | None, Field(max_length=10_000)]


class Body(BaseModel):
    """A request body of ours: unknown fields and wrong types are refused."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Failure(BaseModel):
    """What an error answer says."""

    detail: str


class Invalid(BaseModel):
    """What a 422 says: each problem with its place."""

    error: str = "validation_error"
    message: str = "Request body or parameters failed validation"
    details: list[dict[str, object]]
    request_id: str
    detail: str


class InternalError(BaseModel):
    """What a 500 says; it is a defect of ours."""

    error: str = "internal_error"
    message: str
    request_id: str
