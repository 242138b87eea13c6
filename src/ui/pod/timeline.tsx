/**
 * The containers of a Pod side by side over virtual time: one lane each, restarts and waits as
 * pieces, probes as ticks. One tab stop; arrow keys move between the pieces.
 */
import { type KeyboardEvent, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import type { PodInside, PodLane, PodSegment } from '../../port/protocol-pod.ts';
import { type PodText, podText } from '../i18n/pod.ts';
import { useText } from '../i18n/text.ts';
import { Button } from '../kit/button.tsx';
import { durationText, momentText } from '../kit/format.ts';
import { RadioGroup } from '../kit/radio-group.tsx';
import { type Axis, axisTicks, evenAxis, storyAxis } from '../lanes/axis.ts';
import { useMirror } from '../mirror/store.ts';
import { seek } from '../session/actions.ts';
import { explainSpan } from '../session/session.ts';
import { neighbour, placeLane } from './place.ts';
import { momentsOf } from './story.ts';

const ZOOMS = [1, 1.5, 2, 3, 5, 8, 13, 20] as const;
/** Marks on the axis at zoom 1. */
const TICKS = 7;
/** A piece narrower than this, in pixels, has no room for words. */
const ROOM_FOR_WORDS_PX = 34;
/** Beside the track: names of the lanes. */
const NAMES_PX = 174;

type Scale = 'story' | 'even';
interface Cursor {
  readonly lane: number;
  readonly index: number;
}

export function Timeline({ inside }: { readonly inside: PodInside }) {
  const t = useText(podText);
  const at = useMirror((s) => s.at);
  const [scale, setScale] = useState<Scale>('story');
  const [zoom, setZoom] = useState(0);
  const [cursor, setCursor] = useState<Cursor | null>(null);
  const moments = useMemo(() => momentsOf(inside), [inside]);
  const begun = moments.length > 0;
  // What a cluster went through before the run has no time of its own.
  const from = begun ? Math.max(Math.min(...moments), 0) : 0;
  // The end lies a little further on, so that what runs now can be seen to go on.
  const axis: Axis = useMemo(
    () => (scale === 'even' ? evenAxis(from, at) : storyAxis(moments, from, at)),
    [scale, moments, from, at],
  );
  const { lanes } = inside;
  const chosen = cursor === null ? undefined : lanes[cursor.lane]?.segments[cursor.index];
  const lane = cursor === null ? undefined : lanes[cursor.lane];
  return (
    <section className="pod-time" aria-label={t.timeline}>
      <div className="pod-time-head">
        <h3>{t.timeline}</h3>
        <Legend t={t} />
        <Zoom t={t} zoom={zoom} onZoom={setZoom} scale={scale} onScale={setScale} />
      </div>
      {begun ? (
        <Tracks
          lanes={lanes}
          axis={axis}
          at={at}
          zoom={ZOOMS[zoom] ?? 1}
          cursor={cursor}
          onCursor={setCursor}
        />
      ) : (
        <p className="dim pad">{t.nothingYet}</p>
      )}
      {begun ? <About lane={lane} segment={chosen} at={at} /> : null}
    </section>
  );
}

function Legend({ t }: { readonly t: PodText }) {
  const kinds = ['pull', 'run', 'stop', 'back-off'] as const;
  return (
    <ul className="pod-legend" aria-hidden="true">
      {kinds.map((kind) => (
        <li key={kind}>
          <span className="seg-piece" data-kind={kind} />
          {t.segment[kind]}
        </li>
      ))}
    </ul>
  );
}

function Zoom(props: {
  readonly t: PodText;
  readonly zoom: number;
  readonly onZoom: (zoom: number) => void;
  readonly scale: Scale;
  readonly onScale: (scale: Scale) => void;
}) {
  const { t, zoom, onZoom, scale, onScale } = props;
  return (
    <div className="pod-zoom">
      <span title={t.scaleHint}>
        <RadioGroup
          label={t.scale}
          items={[
            { id: 'story', title: t.scaleStory },
            { id: 'even', title: t.scaleEven },
          ]}
          value={scale}
          onChange={onScale}
        />
      </span>
      <Button icon label={t.zoomOut} disabled={zoom === 0} onClick={() => onZoom(zoom - 1)}>
        −
      </Button>
      <Button disabled={zoom === 0} onClick={() => onZoom(0)}>
        {t.fit}
      </Button>
      <Button
        icon
        label={t.zoomIn}
        disabled={zoom === ZOOMS.length - 1}
        onClick={() => onZoom(zoom + 1)}
      >
        +
      </Button>
    </div>
  );
}

interface TracksProps {
  readonly lanes: readonly PodLane[];
  readonly axis: Axis;
  readonly at: number;
  readonly zoom: number;
  readonly cursor: Cursor | null;
  readonly onCursor: (cursor: Cursor) => void;
}

function Tracks({ lanes, axis, at, zoom, cursor, onCursor }: TracksProps) {
  const t = useText(podText);
  const box = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  useLayoutEffect(() => {
    const element = box.current;
    if (element && atEnd.current) element.scrollLeft = element.scrollWidth;
  }, [zoom, at]);
  const press = (event: KeyboardEvent): void => {
    const here = cursor ?? firstPiece(lanes);
    if (here === null) return;
    if (event.key === 'Enter') {
      const segment = lanes[here.lane]?.segments[here.index];
      if (segment) void seek(segment.from);
    } else {
      const next = neighbour(lanes, here, event.key);
      if (next === null) return;
      onCursor(next);
      box.current?.querySelector<HTMLElement>(`[data-piece="${next.lane}/${next.index}"]`)?.focus();
    }
    event.preventDefault();
    event.stopPropagation();
  };
  const scrolled = (): void => {
    const element = box.current;
    if (!element) return;
    atEnd.current = element.scrollWidth - element.scrollLeft - element.clientWidth < 8;
  };
  const stop = cursor ?? firstPiece(lanes);
  return (
    <div
      className="pod-tracks"
      ref={box}
      role="group"
      aria-label={t.timeline}
      aria-description={t.timelineKeys}
      onKeyDown={press}
      onScroll={scrolled}
    >
      <div className="pod-tracks-in" style={{ width: `${zoom * 100}%` }}>
        <AxisRow axis={axis} zoom={zoom} />
        {lanes.map((lane, i) => (
          <Lane
            key={`${lane.kind} ${lane.name}`}
            lane={lane}
            number={i}
            axis={axis}
            at={at}
            trackPx={width * zoom - NAMES_PX}
            stop={stop?.lane === i ? stop.index : -1}
            chosen={cursor?.lane === i ? cursor.index : -1}
            onCursor={onCursor}
          />
        ))}
      </div>
    </div>
  );
}

function firstPiece(lanes: readonly PodLane[]): Cursor | null {
  const lane = lanes.findIndex((l) => l.segments.length > 0);
  return lane < 0 ? null : { lane, index: 0 };
}

function AxisRow({ axis, zoom }: { readonly axis: Axis; readonly zoom: number }) {
  return (
    <div className="pod-axis" aria-hidden="true">
      <span className="pod-lane-name" />
      <span className="pod-lane-track">
        {axisTicks(axis, Math.round(TICKS * zoom)).map((moment) => (
          <span key={moment} className="mono" style={{ left: `${axis.share(moment) * 100}%` }}>
            {momentText(moment)}
          </span>
        ))}
      </span>
    </div>
  );
}

interface LaneProps {
  readonly lane: PodLane;
  readonly number: number;
  readonly axis: Axis;
  readonly at: number;
  /** Width of what the pieces stand on. */
  readonly trackPx: number;
  /** Index of the piece that takes the tab stop; -1 = none of this lane. */
  readonly stop: number;
  readonly chosen: number;
  readonly onCursor: (cursor: Cursor) => void;
}

function Lane({ lane, number, axis, at, trackPx, stop, chosen, onCursor }: LaneProps) {
  const t = useText(podText);
  return (
    <div className="pod-lane" data-lane={lane.name} data-kind={lane.kind}>
      <span className="pod-lane-name" title={lane.image}>
        <span className="mono">{lane.name === '' ? t.ofPod : lane.name}</span>
        {lane.name === '' ? null : <small className="dim">{t.lane[lane.kind]}</small>}
      </span>
      <span className="pod-lane-track">
        {placeLane(lane, axis, at).map(({ segment, index, left, width }) => (
          <button
            key={`${segment.kind} ${segment.from}`}
            type="button"
            className="seg-piece"
            data-kind={segment.kind}
            data-failed={segment.failed ? '' : undefined}
            data-open={segment.to === null ? '' : undefined}
            data-piece={`${number}/${index}`}
            aria-pressed={index === chosen}
            tabIndex={index === stop ? 0 : -1}
            style={{ left: `${left * 100}%`, width: `${width * 100}%` }}
            aria-label={pieceText(lane, segment, at, t)}
            title={pieceText(lane, segment, at, t)}
            onClick={() => onCursor({ lane: number, index })}
            onFocus={() => onCursor({ lane: number, index })}
          >
            {width * trackPx < ROOM_FOR_WORDS_PX ? '' : shortText(segment, t)}
          </button>
        ))}
        {lane.ticks.map((tick) => (
          <i
            key={`${tick.probe} ${tick.at}`}
            className="pod-tick"
            data-ok={tick.ok}
            style={{ left: `${axis.share(tick.at) * 100}%` }}
            title={`${tick.probe}: ${tick.ok ? t.probeOk : t.probeFailed} ${momentText(tick.at)}`}
          />
        ))}
      </span>
    </div>
  );
}

function shortText(segment: PodSegment, t: PodText): string {
  const { kind, exitCode, attempt, note } = segment;
  if (kind === 'hook') return note;
  if (exitCode !== null) return t.exit(exitCode);
  if (kind === 'run' && attempt > 1) return `↻${attempt - 1}`;
  return kind === 'create' || kind === 'run' ? '' : t.short[kind];
}

function pieceText(lane: PodLane, segment: PodSegment, at: number, t: PodText): string {
  const { kind, from, to, exitCode, attempt, note } = segment;
  const name = lane.name === '' ? t.ofPod : lane.name;
  const long = durationText((to ?? at) - from);
  const parts = [
    `${name}: ${t.segment[kind]}`,
    attempt > 1 ? t.start(attempt) : '',
    exitCode === null ? '' : t.exit(exitCode),
    note,
    `${t.from} ${momentText(from)}, ${long}${to === null ? ` ${t.lasts}` : ''}`,
  ];
  return parts.filter((part) => part !== '').join(' · ');
}

interface AboutProps {
  readonly lane: PodLane | undefined;
  readonly segment: PodSegment | undefined;
  readonly at: number;
}

/** The piece that was chosen, in words, with the ways on. */
function About({ lane, segment, at }: AboutProps) {
  const t = useText(podText);
  const ref = useMirror((s) => s.pod?.ref ?? '');
  if (lane === undefined || segment === undefined) {
    return <p className="pod-about dim small">{t.pickSegment}</p>;
  }
  return (
    <p className="pod-about small">
      <span className="mono">{pieceText(lane, segment, at, t)}</span>
      <Button look="link" onClick={() => void seek(segment.from)}>
        {t.goThere}
      </Button>
      {segment.span === 0 ? null : (
        <Button look="link" onClick={() => explainSpan(segment.span, ref)}>
          {t.why}
        </Button>
      )}
    </p>
  );
}
