/**
 * "Why is this happening?": the chain of causes from a person's act to a span, cause first. Walks the
 * parent links of the trace; nothing is inferred.
 */
import type { Span, Trace } from '../../kernel/trace.ts';
import type { SpanRow, WhyLink } from '../../port/protocol.ts';

/** A longer chain would be a loop. */
const MAX_LINKS = 200;

export function whyChain(trace: Trace, spanId: number): readonly WhyLink[] {
  const chain: Span[] = [];
  let id = spanId;
  for (let n = 0; id !== 0 && n < MAX_LINKS; n++) {
    const span = trace.get(id);
    if (!span) break;
    chain.push(span);
    id = span.parent;
  }
  return chain.reverse().map(linkOf);
}

/** The newest span about an object (and one of its containers): where its chain is read from. */
export function newestSpanAbout(
  trace: Trace,
  ref: string,
  container: string | undefined,
  upTo: number,
): number {
  let rootless = 0;
  for (let id = trace.lastId; id >= trace.firstId; id--) {
    const span = trace.get(id);
    if (!span || span.object !== ref || span.start > upTo) continue;
    if (container !== undefined) {
      if (span.detail?.['container'] === container) return id;
      continue;
    }
    // Deliveries and reads tell nothing new about the object itself.
    if (span.kind === 'watch' || span.kind === 'etcd') continue;
    if (span.kind === 'request' && span.revision === 0) continue;
    // Nor does a look that nothing caused, as controllers take every few minutes: only where there
    // is nothing else.
    if (span.kind === 'work' && span.parent === 0) {
      if (rootless === 0) rootless = id;
      continue;
    }
    return id;
  }
  return rootless;
}

function linkOf(span: Span): WhyLink {
  const wanted = span.detail?.['wanted'];
  const seen = span.detail?.['seen'];
  return {
    span: toRow(span),
    actor: span.kind === 'watch' ? span.to : span.from,
    ...(typeof wanted === 'string' ? { wanted } : {}),
    ...(typeof seen === 'string' ? { seen } : {}),
  };
}

/** A copy, because spans go on changing until they end. */
export function toRow(span: Span): SpanRow {
  return { ...span };
}
