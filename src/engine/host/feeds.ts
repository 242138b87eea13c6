/**
 * What the page is told beside rows, and only when it has changed: spans, the ten steps, the list of
 * components, the objects that are watched whole, the log that is followed.
 */
import { keyFor } from '../../api/meta/object.ts';
import type { Ask, ComponentRow, Frame, SpanRow } from '../../port/protocol.ts';
import type { LogChunk } from '../../port/protocol-log.ts';
import type { Span } from '../../kernel/trace.ts';
import type { Cluster } from '../cluster.ts';
import { inOrderOfTime, type StepRecogniser } from '../view/ten-steps.ts';
import { toRow } from '../view/why.ts';
import { componentRows, findObject } from './look.ts';

/** Spans sent with one frame. */
export const MAX_SPANS = 2_000;
/** Objects that can be watched whole at once. */
const MAX_WATCHED = 100;
/** Lines of a log sent with one frame. */
const MAX_LINES = 2_000;

type Lines = LogChunk['lines'];

/** Spans that began or ended since the last frame. */
export class SpanFeed {
  #spans = new Map<number, Span>();
  #dropped = 0;

  onSpan(span: Span): void {
    this.#spans.set(span.id, span);
    if (this.#spans.size <= MAX_SPANS) return;
    const oldest = this.#spans.keys().next().value;
    if (oldest !== undefined) this.#spans.delete(oldest);
    this.#dropped++;
  }

  take(): { readonly spans: readonly SpanRow[]; readonly spansDropped: number } {
    const spans = [...this.#spans.values()].map(toRow);
    const spansDropped = this.#dropped;
    this.#spans.clear();
    this.#dropped = 0;
    return { spans, spansDropped };
  }
}

export class StepFeed {
  #recogniser: StepRecogniser;
  #sent = -1;

  constructor(recogniser: StepRecogniser) {
    this.#recogniser = recogniser;
  }

  take(): Frame['steps'] {
    if (this.#recogniser.version === this.#sent) return null;
    this.#sent = this.#recogniser.version;
    return inOrderOfTime(this.#recogniser.steps);
  }
}

export class ComponentFeed {
  #cluster: Cluster;
  #sent = '';

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  take(): readonly ComponentRow[] | null {
    const rows = componentRows(this.#cluster);
    const text = JSON.stringify(rows);
    if (text === this.#sent) return null;
    this.#sent = text;
    return rows;
  }
}

/** Outlives the run: the page goes on watching the same references. */
export class ObjectFeed {
  #watched = new Set<string>();
  #sent = new Map<string, string>();

  watch(refs: readonly string[]): void {
    if (refs.length > MAX_WATCHED) throw new Error(`At most ${MAX_WATCHED} objects are watched.`);
    this.#watched = new Set(refs);
    this.forget();
  }

  forget(): void {
    this.#sent.clear();
  }

  /** |revision| is null for now. */
  take(cluster: Cluster, revision: number | null): Readonly<Record<string, unknown>> {
    const changed: Record<string, unknown> = {};
    for (const ref of this.#watched) {
      const found = findObject(cluster, ref, revision);
      const version = found ? `${found.metadata.uid}@${found.metadata.resourceVersion}` : 'none';
      if (this.#sent.get(ref) === version) continue;
      this.#sent.set(ref, version);
      changed[ref] = found ?? null;
    }
    return changed;
  }
}

/** The log of one container, which may be started again: then its next log follows. */
export class LogFeed {
  #follow: Omit<Extract<Ask, { type: 'follow-logs' }>, 'type'> | null = null;
  #last: Lines[number] | null = null;

  follow(wanted: Omit<Extract<Ask, { type: 'follow-logs' }>, 'type'>): void {
    this.#follow = wanted;
    this.#last = null;
  }

  unfollow(): void {
    this.#follow = null;
  }

  /** Another run: its log begins anew. */
  forget(): void {
    this.#last = null;
  }

  take(cluster: Cluster): readonly LogChunk[] {
    if (!this.#follow) return [];
    const { pod, container, previous = false } = this.#follow;
    const [, namespace = '', name = ''] = pod.split('/');
    const all = cluster.logs(keyFor(namespace, name), container, previous);
    // The lines themselves are remembered: old ones may have been rotated away meanwhile.
    const known = this.#last === null ? -1 : all.lastIndexOf(this.#last);
    const lines = all.slice(Math.max(known + 1, all.length - MAX_LINES));
    if (lines.length === 0) return [];
    this.#last = lines.at(-1) ?? null;
    return [{ pod, container, lines }];
  }
}
