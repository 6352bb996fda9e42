"""The policy book: every accepted version of the configuration, in memory."""

from bisect import insort

from config.loading import Loaded
from engine.sla.policy import Policy, UnknownVersion


class PolicyBook:
    """All accepted versions in order; the newest is the current one."""

    def __init__(self) -> None:
        self._versions: list[Loaded] = []
        self._policies: tuple[Policy, ...] = ()

    def add(self, loaded: Loaded) -> None:
        """Adds a version under its policy's number; one that is known stays as it is.

        Versions may come in any order: from the log, from the file, from another node.
        """
        version = loaded.policy.version
        if any(known.policy.version == version for known in self._versions):
            return
        insort(self._versions, loaded, key=lambda each: each.policy.version)
        self._policies = tuple(known.policy for known in self._versions)

    @property
    def newest(self) -> Loaded | None:
        """The current version with its text and channels; None in an empty book."""
        return self._versions[-1] if self._versions else None

    @property
    def current(self) -> Policy:
        """The newest policy; raises `UnknownVersion` in an empty book."""
        if not self._policies:
            raise UnknownVersion("no configuration has been accepted yet")
        return self._policies[-1]

    @property
    def all(self) -> tuple[Policy, ...]:
        """Every policy by rising version; the same object until one is added."""
        return self._policies

    def version(self, number: int) -> Policy:
        """The policy of a version; raises `UnknownVersion`."""
        for policy in reversed(self._policies):
            if policy.version == number:
                return policy
        raise UnknownVersion(f"there is no version {number} of the configuration")

    def history(self, since: int = 0) -> tuple[Loaded, ...]:
        """The versions after the number `since`, by rising version."""
        return tuple(known for known in self._versions if known.policy.version > since)
