// Sends spans to an OpenTelemetry collector, over OTLP/HTTP in JSON. Loaded by the launcher when
// OTEL_EXPORTER_OTLP_ENDPOINT (or …_TRACES_ENDPOINT) is set; the exporter reads that and OTEL_EXPORTER_OTLP_HEADERS by
// itself. Without it no SDK is loaded, and the spans of src/telemetry/activity.ts cost next to nothing.

import { context, propagation, trace } from '@opentelemetry/api'

/** A collector that is away must not hold up a stop for longer. */
const exportMs = 2_000

/** Loads the SDK, which is an optional dependency, and makes it the process's. */
export async function startTraces({ version, environment }) {
  const [{ AsyncLocalStorageContextManager }, core, { OTLPTraceExporter }, resources, sdk] =
    await Promise.all([
      import('@opentelemetry/context-async-hooks'),
      import('@opentelemetry/core'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/resources'),
      import('@opentelemetry/sdk-trace'),
    ])
  const named = resources.resourceFromAttributes({
    'service.name': environment.OTEL_SERVICE_NAME ?? 'billkey',
    'service.version': version,
    'service.instance.id': `${process.pid}.${Math.round(performance.timeOrigin).toString(36)}`,
  })
  const ratio = Number(environment.OTEL_TRACES_SAMPLER_ARG ?? 1)
  const provider = new sdk.TracerProvider({
    resource: resources.defaultResource().merge(named),
    // A caller that has decided to keep a trace, or not to, is followed.
    sampler: new sdk.ParentBasedSampler({
      root: new sdk.TraceIdRatioBasedSampler(Number.isFinite(ratio) ? ratio : 1),
    }),
    spanProcessors: [
      new sdk.BatchSpanProcessor({
        exporter: new OTLPTraceExporter({ timeoutMillis: exportMs }),
        exportTimeoutMillis: exportMs,
      }),
    ],
  })
  // False where an operator has loaded an SDK by --import: that one is used.
  if (!trace.setGlobalTracerProvider(provider)) return
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  propagation.setGlobalPropagator(new core.W3CTraceContextPropagator())
  // The last spans are those of the stop.
  process.once('beforeExit', () => {
    void provider.shutdown().catch(() => undefined)
  })
}
