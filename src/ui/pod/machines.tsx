/**
 * The state machines that run a Pod, drawn from the machines themselves, with the state that is now,
 * the last transition, and what can happen next. What is drawn is also a list.
 */
import { type CSSProperties, type RefObject, useEffect, useMemo, useRef, useState } from 'react';
import type { MachineGraph, MachineState, PodInside } from '../../port/protocol-pod.ts';
import { type PodText, podText } from '../i18n/pod.ts';
import { useText } from '../i18n/text.ts';
import { tell } from '../session/actions.ts';
import { placeGraph, type PlacedGraph } from './graph-layout.ts';

const SIZE = { width: 100, height: 26, gapX: 30, gapY: 15 } as const;
/** Drawn smaller than this, names could not be read: then it is scrolled. */
const SMALLEST = 0.86;
const LARGEST = 1.25;

interface Choice {
  /** `pod`, `init`, or `container NAME`. */
  readonly id: string;
  readonly title: string;
  readonly graph: string;
  readonly now: MachineState;
}

export function Machines({ inside }: { readonly inside: PodInside }) {
  const t = useText(podText);
  const graphs = useGraphs();
  const [wanted, setWanted] = useState<string | null>(null);
  const choices = useMemo(() => choicesOf(inside, t), [inside, t]);
  const chosen = choices.find((c) => c.id === wanted) ?? choices[0];
  const graph = graphs?.find((g) => g.id === chosen?.graph);
  const placed = useMemo(() => (graph ? placeGraph(graph, SIZE) : null), [graph]);
  if (chosen === undefined) {
    return <p className="dim pad">{inside.uid === '' ? t.noKubelet : t.noStates}</p>;
  }
  return (
    <div className="pod-machines">
      <div className="pod-machine-list" role="group" aria-label={t.machines}>
        {choices.map((choice) => (
          <button
            key={choice.id}
            type="button"
            className="pod-machine"
            data-machine={choice.id}
            data-state={choice.now.state}
            aria-pressed={choice.id === chosen.id}
            onClick={() => setWanted(choice.id)}
          >
            <span>{choice.title}</span>
            <b className="mono">{choice.now.state}</b>
          </button>
        ))}
      </div>
      <div className="pod-machine-view">
        {graph && placed ? (
          <>
            <Drawn placed={placed} now={chosen.now} title={chosen.title} />
            <Words graph={graph} now={chosen.now} />
          </>
        ) : (
          <p className="dim">{t.loading}</p>
        )}
      </div>
    </div>
  );
}

/** They are the same for every Pod; asked for once. */
function useGraphs(): readonly MachineGraph[] | null {
  const [graphs, setGraphs] = useState<readonly MachineGraph[] | null>(null);
  useEffect(() => {
    let gone = false;
    void tell({ type: 'machines' }).then((answer) => {
      if (!gone && answer !== null) setGraphs(answer);
    });
    return () => {
      gone = true;
    };
  }, []);
  return graphs;
}

function choicesOf({ machines, lanes }: PodInside, t: PodText): readonly Choice[] {
  if (machines === null) return [];
  const { pod, init, containers } = machines;
  const hasInit = lanes.some((l) => l.kind === 'init' || l.kind === 'sidecar');
  return [
    { id: 'pod', title: t.podMachine, graph: 'pod', now: pod },
    ...(hasInit ? [{ id: 'init', title: t.initMachine, graph: 'init', now: init }] : []),
    ...containers.map((c) => ({
      id: `container ${c.name}`,
      title: c.name,
      graph: 'container',
      now: c,
    })),
  ];
}

interface DrawnProps {
  readonly placed: PlacedGraph;
  readonly now: MachineState;
  readonly title: string;
}

function Drawn({ placed, now, title }: DrawnProps) {
  const t = useText(podText);
  const { width, height, states, moves } = placed;
  const box = useRef<HTMLDivElement>(null);
  const zoom = useFit(box, width);
  useEffect(() => {
    const current = box.current?.querySelector('[aria-current]');
    current?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [now.state]);
  return (
    <div className="machine-scroll" ref={box}>
      <div className="machine" style={{ width, height, zoom }}>
        <svg width={width} height={height} aria-hidden="true">
          {moves.map(({ from, to, path, events }) => (
            <path
              key={`${from} ${to}`}
              d={path}
              className="machine-move"
              data-next={from === now.state ? '' : undefined}
              data-last={from === now.from && to === now.state ? '' : undefined}
            >
              <title>{`${from} → ${to}: ${events.join(', ')}`}</title>
            </path>
          ))}
        </svg>
        <ul aria-label={title}>
          {states.map((s) => {
            const isNow = s.name === now.state;
            return (
              <li
                key={s.name}
                className="machine-state mono"
                data-state={s.name}
                data-end={s.end ? '' : undefined}
                data-from={s.name === now.from && !isNow ? '' : undefined}
                aria-current={isNow ? 'true' : undefined}
                title={s.entry.length === 0 ? s.name : `${t.entry}: ${s.entry.join(', ')}`}
                style={place(s)}
              >
                {s.name}
              </li>
            );
          })}
        </ul>
      </div>
    </div>
  );
}

/** By how much the drawing is made smaller or larger to fit. */
function useFit(box: RefObject<HTMLDivElement | null>, width: number): number {
  const [room, setRoom] = useState(width);
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => setRoom(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, [box]);
  return Math.min(Math.max((room - 12) / width, SMALLEST), LARGEST);
}

function place({ x, y }: { readonly x: number; readonly y: number }): CSSProperties {
  return { left: x, top: y, width: SIZE.width, height: SIZE.height };
}

/** The state in words: how it came about and where it can lead. */
function Words({ graph, now }: { readonly graph: MachineGraph; readonly now: MachineState }) {
  const t = useText(podText);
  const entry = graph.states.find((s) => s.name === now.state)?.entry ?? [];
  const next = graph.moves.filter((m) => m.from === now.state || m.from === '');
  return (
    <div className="machine-words small">
      <p>
        <b className="mono">{now.state}</b>
        {entry.length === 0 ? '' : ` · ${t.entry} ${entry.join(', ')}`}
        {now.event === '' ? '' : ` · ${t.cameFrom(now.from, now.event)}`}
      </p>
      <h4>{t.canHappen}</h4>
      {next.length === 0 ? <p className="dim">{t.nothingMore}</p> : null}
      <ul>
        {next.map((m) => (
          <li key={`${m.event} ${m.to}`} className="mono">
            {m.event} <span aria-hidden="true">→</span> {m.to}
            {m.from === '' ? <span className="dim"> ({t.always})</span> : null}
          </li>
        ))}
      </ul>
      <p className="dim">{t.drawnFrom}</p>
    </div>
  );
}
