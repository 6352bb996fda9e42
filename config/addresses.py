"""Where channels are reached: addresses and secrets, from the variables that they name."""

from collections.abc import Mapping

from config.environment import address_fault, cleaned, fault


class NoAddress(Exception):
    """A channel cannot be written to from here; says which variable is to blame, not its value."""


class Variables:
    """The environment, as channels read it."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    def text(self, variable: str) -> str:
        """What the variable holds, a line without the space around it. Raises NoAddress."""
        value = cleaned(self._environment.get(variable, ""))
        if not value:
            raise NoAddress(f"{variable} is not set")
        if found := fault(value):
            raise NoAddress(f"{variable} {found}")
        return value

    def address(self, variable: str) -> str:
        """The same, of an address on the web. Raises NoAddress."""
        value = self.text(variable)
        if found := address_fault(value):
            raise NoAddress(f"{variable} {found}")
        return value

    def unfit(self, variable: str, why: str) -> NoAddress:
        """That the text of a variable is of no use to who reads it."""
        return NoAddress(f"{variable} {why}")
