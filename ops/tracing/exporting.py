"""The way out of traces: by OTLP over HTTP, from a thread, whatever the other side does."""

import logging
import threading
from collections.abc import Mapping, Sequence

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.id_generator import IdGenerator

from ops import VERSION

logger = logging.getLogger(__name__)

LEAVE_WITHIN = 2.0
"""Seconds in which the last ones must be taken when the process ends."""
SERVICE = "sla-tracker"


class Ids(IdGenerator):
    """Gives out what whoever starts a span has laid here."""

    trace = span = 1

    def generate_trace_id(self) -> int:
        return self.trace

    def generate_span_id(self) -> int:
        return self.span


class Told(SpanExporter):
    """Says once that traces are not taken, and once that they are again; the library would say it
    for each batch, with a traceback."""

    def __init__(self, to: SpanExporter) -> None:
        self._to = to
        self._failing = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        try:
            result = self._to.export(spans)
        except Exception as error:  # whatever it is: the thread that sends goes on
            self._say(failing=True, error=type(error).__name__)
            return SpanExportResult.FAILURE
        self._say(failing=result is not SpanExportResult.SUCCESS)
        return result

    def _say(self, *, failing: bool, **about: str) -> None:
        if failing and not self._failing:
            logger.warning("traces are not taken, and are lost until they are", extra=about)
        elif self._failing and not failing:
            logger.info("traces are taken again")
        self._failing = failing

    def shutdown(self) -> None:
        self._to.shutdown()


class Way:
    """One of a process: where spans go in, and how that ends."""

    def __init__(self, environment: Mapping[str, str], owner: str) -> None:
        """The library reads its variables from the process's own environment; `owner` names this
        process among all."""
        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)  # `Told` says it
        resource = Resource.create(
            {
                "service.name": environment.get("OTEL_SERVICE_NAME", "").strip() or SERVICE,
                "service.version": VERSION,
                "service.instance.id": owner,
            }
        )
        self.ids = Ids()
        self.provider = TracerProvider(
            resource=resource, id_generator=self.ids, shutdown_on_exit=False
        )
        self.provider.add_span_processor(BatchSpanProcessor(Told(OTLPSpanExporter())))
        self.tracer = self.provider.get_tracer(SERVICE, VERSION)

    def close(self) -> None:
        """What is left has a moment to go; nobody waits for another side that hangs."""
        leaving = threading.Thread(target=self.provider.shutdown, name="traces", daemon=True)
        leaving.start()
        leaving.join(LEAVE_WITHIN)
