"""What every definition of a pack is made of: a frozen model, and names."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)]


class Definition(BaseModel):
    """A part of a pack: frozen, and strict about unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")
