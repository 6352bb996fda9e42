"""`sla import` of whatever a desk exports: recognised, shown, asked about, and then sent."""

import sys
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, TextIO

import typer

from command_side.connect.source import Source
from command_side.connect.suggested import meant
from config.loading import Loaded
from engine.sla.instants import parsed
from engine.sla.policy import Phase, Policy, status_key
from engine.sla.statuses import BUILT_IN_STATUSES
from ops import connecting
from ops.commands import import_asked, import_shown
from ops.commands.exits import FOUND_PROBLEMS, USAGE, counted, err, out, refuse
from ops.commands.import_file import instant_of, zone_of
from ops.commands.import_report import Report, configuration, progress_bar, send
from ops.commands.remote import connected
from ops.importing import choosing, files, keeping, opening, surveying
from ops.importing.folding import Folder
from ops.importing.gathering import Gathered, Gatherer
from ops.importing.meaning import Meaning
from ops.importing.proposing import scale
from ops.importing.records import Table
from ops.importing.rows import UnusableFile
from ops.importing.sending import Refused, Tally
from ops.importing.spool import Spool
from ops.importing.surveying import Survey
from ops.importing.times import DateOrder, FileClock, Undecided

NO_TARGET = 3
"""The exit code of `--strict`."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line says."""

    url: str
    token: str | None
    batch: int
    rejects: Path | None
    as_json: bool
    reading: str | None
    source: str | None
    tier: str | None
    priority: str | None
    date_order: DateOrder | None
    date_format: str | None
    time_zone: str | None
    updated_at: str | None
    write_reading: Path | None
    yes: bool
    dry_run: bool
    strict: bool
    revise: bool

    @property
    def may_ask(self) -> bool:
        return not self.yes and not self.as_json and sys.stdin.isatty() and err.is_terminal


def run(paths: Sequence[Path], asked: Asked) -> int:
    """The exit code: 0, 1 where rows were refused or would be, 2 where something has to be said
    first, 3 where priorities or tiers have no target and `--strict` was said."""
    if asked.rejects and asked.rejects.resolve() in [path.resolve() for path in paths]:
        refuse("--rejects names the file to import itself.")
    try:
        with ExitStack() as kept:
            tables = _tables(paths, kept)
            loaded = _configuration(asked)
            written = None
            if asked.rejects is not None:
                written = kept.enter_context(asked.rejects.open("w", encoding="utf-8"))
            spool = kept.enter_context(closing(Spool()))
            return _Import(asked, tables, loaded, written, spool).run()
    except UnusableFile as error:
        refuse(_sentence(str(error)))
    except OSError as error:
        refuse(f"{error.filename or paths[0]}: {error.strerror or error}")


def _sentence(words: str) -> str:
    return words if words.endswith(".") else f"{words}."


def _configuration(asked: Asked) -> Loaded | None:
    """Of the service; where none answers, a dry run goes without."""
    if not asked.dry_run:
        with connected(asked.url, asked.token):
            pass
    return configuration(asked.url, asked.token)


def _tables(paths: Sequence[Path], kept: ExitStack) -> list[Table]:
    """What is wrong with the only file ends the command; of several it is left out."""
    contents = list(files.contents(paths, kept))
    found: list[Table] = []
    for content in contents:
        try:
            found.append(opening.table(content))
        except UnusableFile as error:
            if len(contents) == 1:
                raise UnusableFile(f"{content.name} cannot be imported: {error}") from error
            err.print(f"{content.name} is not read: {error}.", soft_wrap=True)
    if not found:
        raise UnusableFile("there is nothing to import")
    return found


class _Import:
    def __init__(
        self,
        asked: Asked,
        tables: Sequence[Table],
        loaded: Loaded | None,
        written: TextIO | None,
        spool: Spool,
    ) -> None:
        self._asked, self._spool = asked, spool
        self._policy: Policy | None = None if loaded is None else loaded.policy
        sources = connecting.sources(loaded) if loaded is not None else dict[str, Source]()
        self._chosen = choosing.chosen(
            tables, sources, asked.reading, asked.source, asked.date_format
        )
        name = tables[0].name if len(tables) == 1 else f"{len(tables)} tables"
        self._report = Report(Path(name), written)
        self._clock = FileClock(zone_of(asked.time_zone), asked.date_order, asked.date_format)
        as_of = instant_of(asked.updated_at)
        self._as_of = None if as_of is None else parsed(as_of)
        self._meaning = Meaning(
            self._chosen.source, self._phase, tier=asked.tier, priority=asked.priority
        )
        self._guessed = dict[str, str]()
        self._about = dict[str, Any]()

    def run(self) -> int:
        if not self._asked.as_json:
            import_shown.readings(self._chosen)
        gathered = self._gather()
        self._guessed = self._priorities(gathered)
        if self._asked.yes or self._asked.may_ask:
            self._meaning.priorities = self._guessed
        survey = self._survey()
        while self._asked.may_ask and self._ask(survey):  # an answer may open what follows from it
            survey = self._survey()
        if not self._asked.as_json:
            import_shown.found(gathered, survey, self._meaning, self._phase)
        self._say_no_target(survey)
        self._keep_reading(survey)
        self._about = import_shown.about(self._chosen, gathered, survey, self._policy)
        open_ = self._open(survey)
        self._about["open"] = open_
        costs = [self._unknown(survey)] if survey.unknown and self._asked.yes else []
        for line in (*costs, *open_):
            err.print(line, style="yellow", soft_wrap=True)
        if self._asked.dry_run:
            return self._tried(survey)
        if open_:
            raise typer.Exit(USAGE)
        if self._asked.may_ask and not import_asked.confirmed():
            raise typer.Exit(USAGE)
        return self._send(survey)

    # What is read
    def _gather(self) -> Gathered:
        """Once more after each answer: what a time means changes all that is read."""
        while True:
            try:
                return self._read()
            except Undecided as error:
                if not self._asked.may_ask:
                    raise
                undecided = error
            self._clock = import_asked.decided(self._clock, undecided)

    def _read(self) -> Gathered:
        self._spool.clear()
        with progress_bar(shown=self._shows_progress) as progress:
            bar = progress.add_task("", total=None, rate="")

            def advance(rows: int) -> None:
                progress.update(bar, rate=f"{rows:,} rows read")

            gatherer = Gatherer(self._spool, self._chosen.source, self._clock, advance)
            return gatherer.gather(self._chosen.tables)

    @property
    def _shows_progress(self) -> bool:
        return not self._asked.as_json and err.is_terminal

    def _phase(self, status: str) -> Phase | None:
        if self._policy is not None:
            return self._policy.phase(status)
        key = status_key(status)
        return BUILT_IN_STATUSES.get(key) or ("paused" if key.startswith("awaiting") else None)

    def _folder(self) -> Folder:
        tables = self._chosen.tables
        return Folder(
            self._meaning,
            source=self._chosen.name,
            files=[one.table.name for one in tables],
            in_order=[one.export.in_order or one.export.newest_first for one in tables],
            as_of=self._as_of,
        )

    def _survey(self) -> Survey:
        return surveying.survey(self._spool, self._folder(), self._phase, self._policy)

    # What is open
    def _promised(self, field: str) -> list[str]:
        found = None if self._policy is None else self._policy.promising(field)
        return sorted(found or (), key=str.casefold)

    @property
    def _promised_priorities(self) -> list[str]:
        return [one.upper() for one in self._promised("priority")]

    def _priorities(self, gathered: Gathered) -> dict[str, str]:
        """Which of those that are promised something the file's may mean."""
        if self._chosen.source.priorities.map:
            return {}
        return scale(list(gathered.priorities), self._promised_priorities)

    def _ask(self, survey: Survey) -> bool:
        """Whether anything was open. What a status means decides whether its time is known."""
        if survey.missing["customer_tier"]:
            words = "Which tier do the customers have?"
            self._meaning.tier = import_asked.one_of(words, self._promised("customer_tier"))
        if survey.missing["priority"]:
            words = (
                f"Without a priority, {counted(survey.missing['priority'], 'ticket')}."
                " What do they count as?"
            )
            self._meaning.priority = import_asked.one_of(words, self._promised_priorities)
        for status, count in survey.unknown.most_common():
            word = self._meant(status)
            self._meaning.statuses[status] = import_asked.status(status, count, word)
        if survey.unplaced and not survey.unknown:
            count, example = sum(survey.unplaced.values()), next(iter(survey.unplaced))
            self._as_of = import_asked.exported(example, count)
        missing = survey.missing["customer_tier"] or survey.missing["priority"]
        return bool(missing or survey.unknown or survey.unplaced)

    def _meant(self, status: str) -> str | None:
        """What the words of a status that nobody knows say; to be agreed with, not taken."""
        word = meant(status)
        return word if word is not None and self._phase(word) is not None else None

    def _open(self, survey: Survey) -> list[str]:
        """What has to be said before anything can be sent, in sentences."""
        found: list[str] = []
        if survey.missing["customer_tier"]:
            found.append(
                "The file does not say which tier the customers have: say it with --tier"
                f"{_such_as(self._promised('customer_tier'))}."
            )
        if survey.missing["priority"]:
            found.append(
                f"Without a priority, {survey.missing['priority']:,} of"
                f" {counted(survey.tickets, 'ticket')}:"
                f" say with --priority what they count as{_such_as(self._promised_priorities)}."
            )
        if survey.missing["status"] == survey.tickets and not self._asked.yes:
            found.append(
                "Nothing here says which status any of these tickets has: give the table of tickets"
                " along, or --yes where the service knows them already."
            )
        unplaced = {
            status: count
            for status, count in survey.unplaced.items()
            if self._asked.yes or status not in survey.unknown
        }
        if unplaced:
            count, example = sum(unplaced.values()), next(iter(unplaced))
            found.append(
                f"Nothing says since when it is so ({example!r}), {counted(count, 'ticket')}: say"
                " with --updated-at when the file was exported, such as 2026-01-05T09:00:00Z."
            )
        if survey.unknown and not self._asked.yes:
            found.append(self._unknown(survey))
        if self._chosen.is_proposed and not (self._asked.yes or self._asked.may_ask):
            found.append(
                "Nothing was sent: --yes imports it as shown, --write-reading FILE.yaml keeps how"
                " it is read, to be changed and given with --reading."
            )
        return found

    def _unknown(self, survey: Survey) -> str:
        names = ", ".join(f"{name!r} ({count:,})" for name, count in survey.unknown.most_common(12))
        return (
            f"Nobody knows what these statuses mean: {names}.{_ids(survey)} --write-reading"
            " FILE.yaml writes down how the file is read, to say it there and give it with"
            f" --reading{self._guesses(survey)}; with --yes these updates are refused, and the"
            " others taken."
        )

    def _guesses(self, survey: Survey) -> str:
        known = ((one, self._meant(one)) for one, _ in survey.unknown.most_common(12))
        words = ", ".join(f"{one!r} as {word}" for one, word in known if word is not None)
        return f" (by their words {words}, which it proposes)" if words else ""

    def _say_no_target(self, survey: Survey) -> None:
        words = import_shown.no_target(survey, self._policy)
        if words is None:
            if self._policy is None:
                words = (
                    "Whether priorities and tiers have targets is not known: no service said so."
                )
                err.print(words, soft_wrap=True)
            return
        if self._guessed and not self._meaning.priorities:
            meant = ", ".join(f"{one} as {ours}" for one, ours in self._guessed.items())
            words += f". With --yes, {meant}"
        err.print(words, style="yellow", soft_wrap=True)

    def _keep_reading(self, survey: Survey) -> None:
        path = self._asked.write_reading
        if path is not None:
            if not self._meaning.priorities:
                self._meaning.priorities = self._guessed
            unknown = {status: self._meant(status) for status in survey.unknown}
            text = keeping.written(self._chosen.source, self._meaning, unknown)
            path.write_text(text, encoding="utf-8")
            err.print(f"How it is read stands in {path}.", soft_wrap=True)

    # What is sent
    def _tried(self, survey: Survey) -> int:
        """Of a dry run: each observation is looked at as the service would."""
        tally = Tally()
        for one in self._spool.refused():
            tally.malformed += 1
            self._report.refused(Refused(one.line, "malformed", one.error, None, one.file))
        for row in surveying.rows(self._spool, self._folder()):
            if (why := surveying.wrong(row)) is not None:
                tally.rejected += 1
                self._report.refused(Refused(row.line, "rejected", why, row.item, row.file))
        if self._asked.as_json:
            self._report.show(tally, self._policy, as_json=True, about=self._about)
        else:
            self._report.name_refused(tally)
            out.print("Nothing was sent: it was a dry run.")
        # What has a status that nobody knows is refused where it is sent.
        return self._code(survey, refused=tally.refused + sum(survey.unknown.values()))

    def _send(self, survey: Survey) -> int:
        with progress_bar(shown=self._shows_progress) as progress:
            bar = progress.add_task("", total=survey.observations, rate="")

            def advance(tally: Tally) -> None:
                rate = f"{tally.answered:,} updates, {tally.rate:,.0f}/s"
                progress.update(bar, completed=tally.answered, rate=rate)

            asked = self._asked
            tally = send(
                chain(self._spool.refused(), surveying.rows(self._spool, self._folder())),
                asked.url,
                asked.token,
                asked.batch,
                self._report,
                advance,
                revise=asked.revise,
            )
        self._report.show(tally, self._policy, as_json=asked.as_json, about=self._about)
        return self._code(survey, refused=tally.refused)

    def _code(self, survey: Survey, *, refused: int) -> int:
        if survey.no_target and self._asked.strict:
            return NO_TARGET
        return FOUND_PROBLEMS if refused else 0


def _such_as(known: Sequence[str]) -> str:
    return f" ({', '.join(known)} are promised something)" if known else ""


def _ids(survey: Survey) -> str:
    numbers = any(status.isdecimal() for status in survey.unknown)
    return " They may be numbers of a table with their names: give it along." if numbers else ""
