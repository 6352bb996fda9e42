"""The policy versions that a test knows."""

from collections.abc import Sequence

from engine.sla.policy import Policy


class Book:
    """Every policy version, as the stored fold looks them up."""

    def __init__(self, policies: Sequence[Policy]) -> None:
        self._versions = {policy.version: policy for policy in policies}

    def version(self, number: int) -> Policy:
        return self._versions[number]
