"""One trace from job to finding: W3C trace context, carried through the ledger and the messages.

Spans are started by the loops alone: the scheduler's when it opens a run, the adapters' around a run and a request, the
ledger's around a piece of work. They are recorded only where `MSPBYTE_OTLP_ENDPOINT` names who takes them; else
OpenTelemetry's no-op tracer stands in, and the context a run began with goes through unchanged.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.types import AttributeValue

from mspbyte_common.errors import UsageError, VendorError

TRACER = trace.get_tracer("mspbyte")
OPENS, CARRIES_OUT, ASKS = SpanKind.PRODUCER, SpanKind.CONSUMER, SpanKind.CLIENT

NO_PARENT = ""
"""Not the span that is open here either: a trace begins."""
_W3C = TraceContextTextMapPropagator()


def new_traceparent() -> str:
    """A new sampled trace."""
    drawn = secrets.token_hex(24)
    return f"00-{drawn[:32]}-{drawn[32:]}-01"


def trace_id(traceparent: str) -> str:
    """The trace's id: 32 hex digits."""
    return traceparent.split("-")[1]


@contextmanager
def span(name: str, parent: str | None, kind: SpanKind, **facts: AttributeValue | None) -> Iterator[Span]:
    """A span below `parent`, or without one below the span that is open here. It ends with the block.

    Names are few: no id, no address. An error shows its class alone: its text may hold what a span must not.
    """
    attributes = {f"mspbyte.{key}": value for key, value in facts.items() if value is not None}
    with TRACER.start_as_current_span(
        name,
        context=_context(parent) if parent is not None else None,
        kind=kind,
        attributes=attributes,
        record_exception=False,
        set_status_on_exception=False,
    ) as current:
        try:
            yield current
        except Exception as error:
            current.set_attribute(
                "error.type", error.error_class if isinstance(error, VendorError) else type(error).__name__
            )
            current.set_status(Status(StatusCode.ERROR))
            raise


def traceparent_of(current: Span, otherwise: str) -> str:
    """What follows from the span carries this; `otherwise` where no span is recorded."""
    if not current.is_recording():
        return otherwise
    carrier: dict[str, str] = {}
    _W3C.inject(carrier, trace.set_span_in_context(current))
    return carrier["traceparent"]


def opened(name: str, **facts: AttributeValue | None) -> str:
    """The traceparent of a new trace, whose first span says what began it."""
    if isinstance(TRACER, trace.ProxyTracer) and isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):
        return new_traceparent()  # nobody takes spans
    with span(name, NO_PARENT, OPENS, **facts) as current:
        return traceparent_of(current, new_traceparent())


@contextmanager
def exporting(service: str, endpoint: str | None) -> Iterator[None]:
    """Sends spans to an OTLP endpoint (HTTP, protobuf) while the block lasts; the last of them go when it ends.

    Without an endpoint nothing is imported, recorded or sent.
    """
    if endpoint is None:
        yield
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - an extra
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    except ImportError:
        message = "MSPBYTE_OTLP_ENDPOINT is set, but the exporter is not installed: pip install 'mspbyte-common[otlp]'."
        raise UsageError(message) from None
    provider = TracerProvider(resource=Resource.create({"service.name": service}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint)))
    trace.set_tracer_provider(provider)
    try:
        yield
    finally:
        provider.shutdown()


def _context(traceparent: str) -> Context:
    return _W3C.extract({"traceparent": traceparent}, Context())
