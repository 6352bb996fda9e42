"""What the bodies of all commands have in common."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from command_side.intake.item import NUL


class Command(BaseModel):
    """A body of which everything is read: a member that nothing reads is refused."""

    model_config = ConfigDict(extra="forbid")


def _storable(text: str) -> str:
    if "\0" in text:
        raise ValueError(NUL)
    return text


Text = Annotated[str, Field(max_length=2000), AfterValidator(_storable)]
Name = Annotated[str, Field(min_length=1, max_length=255), AfterValidator(_storable)]
