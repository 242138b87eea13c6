/**
 * Which spans are worth a token on the canvas and a line in the text log. The canvas, the log and
 * "step to the next event" share this rule, so that what is read is what is seen.
 *
 * Left out is what never rests: reads, leases and node heartbeats, and Event objects, which tell of
 * what is drawn already.
 */
import type { SpanRow } from './protocol.ts';

const READS: ReadonlySet<string> = new Set(['get', 'list', 'watch']);
/** Kinds whose writes are house-keeping. */
const QUIET_KINDS: ReadonlySet<string> = new Set(['Lease', 'Event']);

export function isDrawn(span: SpanRow): boolean {
  switch (span.kind) {
    case 'command':
    case 'cri':
    case 'container':
    case 'schedule':
    case 'note':
      return true;
    case 'request':
      return !READS.has(verbOf(span)) && !isQuiet(span);
    case 'watch':
      return !isQuiet(span);
    default:
      return false;
  }
}

/** `patch` of `patch status`. */
export function verbOf(span: SpanRow): string {
  const space = span.name.indexOf(' ');
  return space < 0 ? span.name : span.name.slice(0, space);
}

function isQuiet(span: SpanRow): boolean {
  const kind = span.object.slice(0, Math.max(span.object.indexOf('/'), 0));
  if (QUIET_KINDS.has(kind)) return true;
  // A kubelet reports its own node every few seconds; other writers of nodes do it for a reason.
  if (kind !== 'Node') return false;
  return span.kind === 'watch'
    ? true
    : span.from.startsWith('kubelet/') && span.name.endsWith('status');
}
