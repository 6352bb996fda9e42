"""Why a question has no answer; the docstring says it to people, `ops` turns it into HTTP."""


class QuestionError(Exception):
    """The question cannot be answered."""


class NotFound(QuestionError):
    """There is no such thing."""


class Ambiguous(QuestionError):
    """Several tickets have this external id: say which `source` is meant."""

    def __init__(self, external_id: str, sources: list[str]) -> None:
        super().__init__(f"{external_id} exists in several sources: {', '.join(sources)}")
        self.sources = sources


class NotYet(QuestionError):
    """The position asked for was not reached within 5 seconds."""

    def __init__(self, wanted: int, reached: int) -> None:
        super().__init__(f"position {wanted} is not applied yet; {reached} is")
        self.wanted = wanted
        self.reached = reached


class Lost(QuestionError):
    """The position asked for was lost when the database was restored to an earlier point: what was
    written there has to be written again."""

    def __init__(self, position: int) -> None:
        super().__init__(f"position {position} was lost in a restore; write again what it answered")


class TooManyStreams(QuestionError):
    """As many streams are open as this process may serve: try again, or elsewhere."""
