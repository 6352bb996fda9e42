"""A desk that is connected, as the configuration has it: what the desk cannot say of itself."""

import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from functools import cached_property
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from command_side.connect.expressions import Value, mapped
from command_side.connect.preset import (
    Delivery,
    Export,
    Preset,
    Proof,
    Signature,
    Strict,
    Token,
    preset,
    presets,
)
from command_side.intake.wording import hint
from engine.desks.known import DESKS


class Choice(Strict):
    """A value of ours, by one of the desk's."""

    by: Value | None = None
    """Where that is; None: where it is of itself."""
    map: Mapping[str, str] = Field(default_factory=dict[str, str])
    default: str | None = None

    def words(self) -> list[str]:
        """All that it may become, each once."""
        return list(dict.fromkeys((*self.map.values(), *filter(None, (self.default,)))))

    def came(self, value: str | None, within: object) -> str | None:
        """What decides, as the desk has it."""
        return value if self.by is None else self.by.read(within)

    def choose(self, value: str | None, within: object) -> str | None:
        return self.of(self.came(value, within))

    def of(self, found: str | None) -> str | None:
        """By the map, without regard to case; without one it is itself."""
        if found is None:
            return self.default
        if not self.map:
            return found
        return self.known.get(found.casefold(), self.default or found)

    def has(self, value: str | None) -> bool:
        """Whether the map names it."""
        return value is not None and value.casefold() in self.known

    @cached_property
    def known(self) -> Mapping[str, str]:
        """The map with its names casefolded: each delivery asks, and customers may be thousands."""
        return {name.casefold(): word for name, word in self.map.items()}


class Tiers(Choice):
    """No desk says what a customer has booked."""

    def of(self, found: str | None) -> str | None:
        return self.default if found is None else self.known.get(found.casefold(), self.default)


class Agents(Strict):
    """Whose replies are an agent's, where the desk does not say."""

    domains: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    """Names, logins or addresses."""
    automatic: tuple[str, ...] = ()
    """Robots: what they write is nobody's reply."""

    def is_automatic(self, authors: Iterable[str]) -> bool:
        robots = {one.casefold() for one in self.automatic}
        return any(one.casefold() in robots for one in authors)

    def knows(self, authors: Iterable[str]) -> bool | None:
        """Whether one of these is an agent; None: nobody has said who is."""
        if not (self.domains or self.names):
            return None
        names = {one.casefold() for one in self.names}
        domains = {one.casefold().removeprefix("@") for one in self.domains}
        return any(
            one.casefold() in names or ("@" in one and one.rpartition("@")[2].casefold() in domains)
            for one in authors
        )


OPEN = "<"
"""How a word begins that was proposed in place of one that nobody but its reader can know."""
PROJECT = r"^[A-Za-z0-9_.-]{1,100}(/[A-Za-z0-9_.-]{1,100})?$"
EVERY = r"^[1-9][0-9]{0,3}[mh]$"
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
GENERIC = "generic"
"""The desk of those that have no preset: the block says it all."""


def _variable(value: str) -> str:
    # Not repeated: it could be the secret itself.
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", value):
        raise ValueError(
            "is the name of an environment variable, such as HELPDESK_SECRET; the secret itself"
            " does not belong into this file"
        )
    return value


Variable = Annotated[str, AfterValidator(_variable)]


class Source(Strict):
    """The keys of one block of `sources`."""

    desk: str
    secret_env: Variable | None = None
    """The variable that holds what the desk signs with, or sends along; two values, separated by
    white space, while one is exchanged."""
    unsigned: bool = False
    """Anybody may write to it."""
    raw_days: Annotated[int, Field(ge=1, le=3650)] | None = None
    """How long deliveries are kept as they came; None: as `retention` says for all."""
    tiers: Tiers = Tiers()
    priorities: Choice = Choice()
    statuses: Mapping[str, str] = Field(default_factory=dict[str, str])
    fields: Mapping[str, Value] = Field(default_factory=dict[str, Value])
    teams: Value | None = None
    agents: Agents = Agents()
    api_url: str | None = None
    """Where the desk's API answers."""
    api_token_env: Variable | None = None
    """The variable that holds the token that it is asked with."""
    api_user_env: Variable | None = None
    """The one that holds whose token that is; None: it is one of its own."""
    api_projects: tuple[Annotated[str, Field(pattern=PROJECT)], ...] = ()
    """Of what it is asked: repositories of GitHub, keys of Jira's projects."""
    api_private: bool = False
    """It may answer within a network of one's own."""
    reconcile: Annotated[str, Field(pattern=EVERY)] | None = None
    """How often it is asked for what no delivery has told."""
    deliveries: tuple[Delivery, ...] = ()
    """Kinds of its own, looked at before those of the desk."""
    exports: tuple[Export, ...] = ()
    """Tables of its own, for files; looked at before those of the desk."""
    signature: tuple[Signature, ...] = ()
    token: Token | None = None
    delivery_id: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _is_signed(self) -> Self:
        if self.secret_env is None and not self.unsigned:
            raise ValueError(
                "needs secret_env, the variable that holds what the desk signs with; or say that"
                " anybody may write to it: unsigned: true"
            )
        return self

    @model_validator(mode="after")
    def _is_known(self) -> Self:
        if self.desk != GENERIC and self.desk not in presets():
            raise ValueError(
                f"there is no desk {self.desk!r}; {hint(self.desk, [*presets(), GENERIC])}"
            )
        if self.desk == GENERIC and not (self.deliveries or self.exports):
            raise ValueError(
                "a desk without a preset needs `deliveries`: what it sends, and where; or `exports`"
            )
        return self

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        """What was proposed, and is for somebody to decide, has been decided."""
        said = {
            "statuses": self.statuses,
            "priorities": {**self.priorities.map, "default": self.priorities.default},
            "tiers": {**self.tiers.map, "default": self.tiers.default},
            "teams": {} if self.teams is None else self.teams.map or {},
            "agents": dict.fromkeys((*self.agents.domains, *self.agents.names)),
        }
        for key, words in said.items():
            for name, word in words.items():
                open_ = word if word is not None and word.startswith(OPEN) else name
                if open_.startswith(OPEN):
                    where = f"{key}: {name}" if open_ == word else key
                    raise ValueError(
                        f"{where}: {open_!r} stands for a word of yours: write it there"
                    )
        return self

    def status(self, value: str) -> str:
        """What one of the desk's statuses is called here."""
        return mapped(value, self.statuses)

    @model_validator(mode="after")
    def _can_be_asked(self) -> Self:
        given = {"api_url": self.api_url, "api_token_env": self.api_token_env}
        given |= {"api_user_env": self.api_user_env, "reconcile": self.reconcile}
        named = next((name for name, value in given.items() if value is not None), None)
        if named is None and not (self.api_projects or self.api_private):
            return self
        asking = DESKS.get(self.desk)
        if asking is None:
            names = ", ".join(DESKS)
            raise ValueError(f"{named or 'api_projects'} is for desks whose API is known: {names}")
        if self.api_token_env is None:
            raise ValueError("needs api_token_env, the variable that holds the token of the API")
        if self.api_url is None and asking.url is None:
            raise ValueError("needs api_url, where the API answers: https://yours.example")
        if asking.projects and not self.api_projects:
            raise ValueError("needs api_projects: what its API is asked of, such as owner/name")
        if any(part in (".", "..") for one in self.api_projects for part in one.split("/")):
            raise ValueError("api_projects: such as owner/name")
        url = urlsplit(self.api_url or asking.url or "")
        if url.scheme not in ("http", "https") or not url.hostname or url.query or url.fragment:
            raise ValueError("api_url: an address such as https://yours.example")
        if "@" in url.netloc:
            raise ValueError("api_url holds no name or password: api_token_env names them")
        if self.reconcile is not None and not MINUTE <= self._every(self.reconcile) <= DAY:
            raise ValueError("reconcile: between 1m and 24h")
        return self

    @staticmethod
    def _every(text: str) -> timedelta:
        number = int(text[:-1])
        return timedelta(minutes=number if text[-1] == "m" else 60 * number)

    @property
    def reconciles_every(self) -> timedelta | None:
        """How often the API is asked again; None: never by itself."""
        return None if self.reconcile is None else self._every(self.reconcile)

    @cached_property
    def reading(self) -> Preset:
        """The desk's preset with what this block says besides: made once, each delivery asks."""
        proofs: tuple[Proof, ...] = ("basic", "address")
        if self.desk == GENERIC:
            return Preset(
                desk="the desk",
                signature=self.signature,
                token=self.token,
                proofs=() if self.signature or self.token else proofs,
                delivery_id=self.delivery_id,
                deliveries=self.deliveries,
                exports=self.exports,
            )
        known = preset(self.desk)
        changed: dict[str, object] = {
            "deliveries": (*self.deliveries, *known.deliveries),
            "exports": (*self.exports, *known.exports),
        }
        if self.signature:
            changed["signature"] = self.signature
        if self.token is not None:
            changed["token"] = self.token
        if self.delivery_id:
            changed["delivery_id"] = self.delivery_id
        return known.model_copy(update=changed)
