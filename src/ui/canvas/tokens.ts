/**
 * Tokens in flight: where each message is at a moment, as a pure function of (virtual time, spans).
 * Pause, rewind and speed therefore need no code of their own.
 *
 * A request is one token all the way: from its sender to the API server, along the bar, into etcd and
 * out again, and back with the answer. A watch event goes from the API server to who is told; a CRI
 * call from the kubelet to the container runtime beside it.
 */
import { isDrawn } from '../../port/drawn.ts';
import type { SpanRow } from '../../port/protocol.ts';
import { codeOf, type Hue, hueOf, type Shape, shapeOf, verbLabel } from './looks.ts';
import { merge } from './merge-tokens.ts';
import { type Point, pointAt, type Route, type Routes } from './routes.ts';
import { parseRef, shortName } from './short-name.ts';

/** Which stretch of its way a token is on; only tokens on the same stretch merge. */
export type Leg = 'out' | 'bar' | 'etcd' | 'back' | 'watch' | 'cri' | 'runtime';

export interface Token {
  /** Identity of what it stands for: the first span of the merged ones. */
  readonly span: number;
  readonly x: number;
  readonly y: number;
  readonly leg: Leg;
  /** Component on whose wire it is. */
  readonly wire: string;
  readonly hue: Hue | '--danger';
  readonly shape: Shape;
  /** `POST Pod`, `201`; '' = the shape alone. */
  readonly verb: string;
  /** Shortened; '' when it stands for several objects. */
  readonly name: string;
  /** How many messages it stands for. */
  readonly count: number;
}

/** End of a span that lasts. Other negative times are of the boot, before time zero. */
export const LASTING = -1;

/** Microseconds. Where the end of a span is not known yet, the usual duration stands in. */
const USUAL_REQUEST_US = 2_400;
const USUAL_WATCH_US = 700;
const USUAL_BACK_US = 300;
/** Shares of a request's time, for those whose etcd transaction is not in the record (reads). */
const SHARE_OUT = 0.4;
const SHARE_BACK = 0.6;
/** Part of the way out (and back) that is spent on the wire; the rest along the bar. */
const WIRE_SHARE = 0.7;
/** A CRI call is at the runtime after this long, and stays there until it is answered. */
const CRI_TRAVEL_US = 6_000;
const LABEL_NAME_CHARS = 14;

export interface Flight {
  readonly span: SpanRow;
  /** Its transaction in etcd, if there is one. */
  readonly txn: SpanRow | null;
  /** Shortest time it is shown, in microseconds: fixed when it began, whatever the pace is later. */
  readonly hold: number;
}

/**
 * The spans that may be seen between |from| and |to|: begun, and not over for longer than |holdOf|
 * microseconds. Looks at no more than |limit| spans before |to|.
 */
export function flightsAt(
  spans: readonly SpanRow[],
  from: number,
  to: number,
  holdOf: (span: SpanRow) => number,
  limit: number,
): readonly Flight[] {
  const flights: Flight[] = [];
  const txns = new Map<number, SpanRow>();
  const last = lastBegun(spans, to);
  for (let i = last; i >= 0 && i > last - limit; i--) {
    const span = spans[i] as SpanRow;
    if (span.kind === 'etcd') txns.set(span.parent, span);
    else if (isMessage(span)) {
      const hold = holdOf(span);
      if (from >= shownUntil(span, from, hold)) continue;
      flights.push({ span, txn: txns.get(span.id) ?? null, hold });
    }
  }
  return flights.reverse();
}

/** Index of the last span that has begun at |t|; spans are in the order in which they began. */
export function lastBegun(spans: readonly SpanRow[], t: number): number {
  let low = 0;
  let high = spans.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((spans[middle] as SpanRow).start <= t) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function isMessage(span: SpanRow): boolean {
  const kind = span.kind;
  return (kind === 'request' || kind === 'watch' || kind === 'cri') && isDrawn(span);
}

function shownUntil(span: SpanRow, t: number, hold: number): number {
  if (span.end === LASTING || span.end > t) return t + 1;
  return span.start + Math.max(span.end - span.start, hold);
}

/** What is on the wires at |t|, merged where it would overlap. */
export function tokensAt(flights: readonly Flight[], t: number, routes: Routes): readonly Token[] {
  const tokens: Token[] = [];
  for (const flight of flights) {
    const token = tokenAt(flight, t, routes);
    if (token !== null) tokens.push(token);
  }
  return merge(tokens);
}

/** Where on its wire a token stands that does not move; further looks stand beside it. */
const STILL_SHARE = 0.65;
const STILL_STEP = 0.22;

/**
 * For reduced motion and for paces too fast to follow: what is under way stands on its wire, one token
 * for each look.
 */
export function stillTokens(
  flights: readonly Flight[],
  t: number,
  routes: Routes,
): readonly Token[] {
  const tokens: Token[] = [];
  for (const { span, hold } of flights) {
    if (t < span.start || t >= shownUntil(span, t, hold)) continue;
    const machine = span.from.slice(span.from.indexOf('/') + 1);
    const wire = span.kind === 'request' ? span.from : span.to;
    const route = span.kind === 'cri' ? routes.toRuntime(machine) : routes.toServer(wire);
    if (route === null) continue;
    const leg = span.kind === 'request' ? 'out' : span.kind === 'watch' ? 'watch' : 'cri';
    const at = pointAt(route, STILL_SHARE);
    tokens.push(makeToken(span, leg, leg === 'cri' ? `runtime/${machine}` : wire, at));
  }
  const onWire = new Map<string, number>();
  return merge(tokens).map((token) => {
    const before = onWire.get(token.wire) ?? 0;
    onWire.set(token.wire, before + 1);
    const route = token.leg === 'cri' ? null : routes.toServer(token.wire);
    if (before === 0 || route === null) return token;
    return { ...token, ...pointAt(route, STILL_SHARE - before * STILL_STEP) };
  });
}

export function tokenAt(flight: Flight, t: number, routes: Routes): Token | null {
  const { span, hold } = flight;
  if (t < span.start || t >= shownUntil(span, t, hold)) return null;
  switch (span.kind) {
    case 'request':
      return requestToken(flight, t, routes);
    case 'watch': {
      const route = routes.toServer(span.to);
      if (route === null) return null;
      const share = shareOf(span, t, hold, USUAL_WATCH_US);
      return makeToken(span, 'watch', span.to, pointAt(route, 1 - ease(share)));
    }
    case 'cri': {
      const machine = span.from.slice(span.from.indexOf('/') + 1);
      const route = routes.toRuntime(machine);
      if (route === null) return null;
      const travel = Math.max(CRI_TRAVEL_US, hold / 2);
      const share = Math.min((t - span.start) / travel, 1);
      const token = makeToken(span, 'cri', `runtime/${machine}`, pointAt(route, ease(share)));
      // Once there it stays as long as the runtime works (a pull takes seconds), without a label.
      return share < 1 ? token : { ...token, leg: 'runtime', verb: '', name: '' };
    }
    default:
      return null;
  }
}

/** How much of its shown time has passed, 0 to 1. Short messages are stretched to |hold|. */
function shareOf(span: SpanRow, t: number, hold: number, usual: number): number {
  return Math.min((t - span.start) / Math.max(lastsFor(span, t, usual), hold, 1), 1);
}

function lastsFor(span: SpanRow, t: number, usual: number): number {
  return span.end === LASTING ? Math.max(usual, t - span.start) : span.end - span.start;
}

function requestToken(flight: Flight, t: number, routes: Routes): Token | null {
  const { span, txn, hold } = flight;
  const wire = span.from;
  const route = routes.toServer(wire);
  const etcd = routes.toServer('etcd');
  if (route === null || etcd === null) return null;
  const lasts = lastsFor(span, t, USUAL_REQUEST_US);
  // Time since its start as it would be without stretching.
  const passed = (t - span.start) / Math.max(hold / Math.max(lasts, 1), 1);
  const { reached, left, back } = stations(span, txn, lasts);
  if (passed < reached) {
    const { leg, at } = approach(route, etcd, passed / reached, txn !== null);
    return makeToken(span, leg, leg === 'bar' ? 'bar' : wire, at);
  }
  if (passed < left) {
    if (txn === null) return makeToken(span, 'bar', 'bar', pointAt(route, 1));
    // Up to the middle of its time it rises, then it falls; while it is not known it stays up.
    const way = left === Number.POSITIVE_INFINITY ? 0.5 : (passed - reached) / (left - reached);
    return makeToken(span, 'etcd', 'etcd', pointAt(etcd, ease(Math.abs(1 - 2 * way))));
  }
  const { leg, at } = approach(route, etcd, 1 - (passed - left) / back, txn !== null);
  return leg === 'bar'
    ? makeToken(span, 'bar', 'bar', at)
    : makeAnswer(makeToken(span, 'back', wire, at), span);
}

/**
 * Since its start: when it has reached etcd (or the server, when nothing is stored), when it has left,
 * and how long the way back takes. What has not happened yet lies in infinity.
 */
function stations(
  span: SpanRow,
  txn: SpanRow | null,
  lasts: number,
): { reached: number; left: number; back: number } {
  const open = span.end === LASTING;
  if (txn === null) {
    const out = open ? USUAL_REQUEST_US * SHARE_OUT : lasts * SHARE_OUT;
    const left = open ? Number.POSITIVE_INFINITY : lasts * SHARE_BACK;
    return { reached: Math.max(out, 1), left, back: Math.max(lasts - left, 1) };
  }
  const reached = Math.max(txn.start - span.start, 1);
  const left = txn.end === LASTING ? Number.POSITIVE_INFINITY : txn.end - span.start;
  return { reached, left, back: Math.max(open ? USUAL_BACK_US : lasts - left, 1) };
}

/** From a component to the foot of etcd's wire: down (or up) its own wire, then along the bar. */
function approach(
  route: Route,
  etcd: Route,
  share: number,
  toEtcd: boolean,
): { leg: 'out' | 'bar'; at: Point } {
  const wireShare = toEtcd ? WIRE_SHARE : 1;
  if (share <= wireShare) return { leg: 'out', at: pointAt(route, ease(share / wireShare)) };
  const a = pointAt(route, 1);
  const b = pointAt(etcd, 1);
  const way = ease((share - wireShare) / (1 - wireShare));
  return { leg: 'bar', at: { x: a.x + (b.x - a.x) * way, y: a.y + (b.y - a.y) * way } };
}

/** Slow at both ends, so that the eye can follow. */
function ease(share: number): number {
  const s = Math.min(Math.max(share, 0), 1);
  return s * s * (3 - 2 * s);
}

function makeToken(span: SpanRow, leg: Leg, wire: string, at: Point): Token {
  const { kind, name } = parseRef(span.object);
  const silent = leg === 'bar';
  const failed = codeOf(span) >= 400 || span.detail?.['error'] !== undefined;
  return {
    span: span.id,
    x: at.x,
    y: at.y,
    leg,
    wire,
    hue: failed && leg === 'cri' ? '--danger' : hueOf(kind),
    shape: shapeOf(span),
    ...(silent ? { verb: '', name: '' } : wordsOf(span, kind, name)),
    count: 1,
  };
}

/** `POST Pod` and `web-…-x2kqp`; a call to the runtime names its image or container instead. */
function wordsOf(span: SpanRow, kind: string, name: string): { verb: string; name: string } {
  const about = span.detail?.['image'] ?? span.detail?.['container'];
  if (span.kind === 'cri' && typeof about === 'string') {
    return { verb: span.name, name: shortName(about, LABEL_NAME_CHARS) };
  }
  const verb = `${verbLabel(span)} ${kind}`.trim();
  // The API server has not completed a generated name yet.
  if (name.endsWith('-')) return { verb, name: `${name.slice(0, name.indexOf('-') + 1)}…` };
  return { verb, name: name === '' ? '' : shortName(name, LABEL_NAME_CHARS) };
}

/** On its way back a token says what the answer was. */
function makeAnswer(token: Token, span: SpanRow): Token {
  const code = codeOf(span);
  return {
    ...token,
    verb: code === 0 ? '' : String(code),
    name: '',
    hue: code >= 400 ? '--danger' : token.hue,
  };
}
