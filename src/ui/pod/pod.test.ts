/** The pure parts of the inside of a Pod: places on the time line, its story, the drawing of machines. */
import { describe, expect, it } from 'vitest';
import type { MachineGraph, PodLane, PodSegment } from '../../port/protocol-pod.ts';
import { evenAxis } from '../lanes/axis.ts';
import { countdownText } from './countdown.ts';
import { modeText, parentOf, pathIn } from './file-path.ts';
import { placeGraph } from './graph-layout.ts';
import { neighbour, placeLane } from './place.ts';
import { searchLines } from './search-lines.ts';
import { podStory } from './story.ts';

const EMPTY: PodSegment = {
  kind: 'run',
  from: 0,
  to: null,
  failed: false,
  note: '',
  exitCode: null,
  attempt: 1,
  span: 0,
};

function lane(
  name: string,
  segments: readonly Partial<PodSegment>[],
  ticks: PodLane['ticks'] = [],
): PodLane {
  const whole = segments.map((s) => ({ ...EMPTY, ...s }));
  return { name, kind: 'app', image: 'web:1', segments: whole, ticks };
}

describe('places on the time line', () => {
  it('reaches up to the moment that is shown while a piece lasts', () => {
    const main = lane('main', [
      { kind: 'pull', from: 20, to: 40 },
      { kind: 'run', from: 40 },
    ]);
    const placed = placeLane(main, evenAxis(0, 100), 100);
    expect(placed.map(({ left, width }) => [left, Number(width.toFixed(2))])).toEqual([
      [0.2, 0.2],
      [0.4, 0.6],
    ]);
  });

  it('keeps what began before the left end inside', () => {
    const [piece] = placeLane(lane('main', [{ from: 0, to: 60 }]), evenAxis(50, 100), 100);
    expect(piece).toMatchObject({ left: 0, width: 0.2 });
  });

  it('moves by arrow keys, over lanes without pieces, to the nearest in time', () => {
    const lanes = [
      lane('a', [
        { from: 0, to: 10 },
        { from: 10, to: 90 },
      ]),
      lane('b', []),
      lane('c', [
        { from: 1, to: 5 },
        { from: 12, to: 20 },
      ]),
    ];
    expect(neighbour(lanes, { lane: 0, index: 0 }, 'ArrowRight')).toEqual({ lane: 0, index: 1 });
    expect(neighbour(lanes, { lane: 0, index: 1 }, 'ArrowRight')).toBeNull();
    expect(neighbour(lanes, { lane: 0, index: 1 }, 'ArrowDown')).toEqual({ lane: 2, index: 1 });
    expect(neighbour(lanes, { lane: 2, index: 0 }, 'ArrowUp')).toEqual({ lane: 0, index: 0 });
    expect(neighbour(lanes, { lane: 2, index: 0 }, 'ArrowDown')).toBeNull();
    expect(neighbour(lanes, { lane: 0, index: 0 }, 'x')).toBeNull();
  });
});

describe('the story of a Pod', () => {
  it('tells starts, ends, restarts and waits in order of time', () => {
    const crash = lane('crash', [
      { kind: 'run', from: 5, to: 6, exitCode: 3, failed: true },
      { kind: 'back-off', from: 6, to: 16 },
      { kind: 'run', from: 17, attempt: 2 },
    ]);
    const init = lane('init', [{ kind: 'run', from: 1, to: 4, exitCode: 0 }]);
    const told = podStory([crash, init]).map((l) => `${l.at} ${l.container} ${l.what}`);
    expect(told).toEqual([
      '1 init started',
      '4 init completed',
      '5 crash started',
      '6 crash failed',
      '6 crash waits',
      '17 crash restarted',
    ]);
  });

  it('tells an end once, though a run is stopped before it ends', () => {
    const stopped = lane('main', [
      { kind: 'run', from: 1, to: 5 },
      { kind: 'stop', from: 5, to: 8, exitCode: 137, failed: true, note: '3s' },
    ]);
    expect(podStory([stopped]).map((l) => l.what)).toEqual(['started', 'stopping', 'failed']);
  });

  it('tells of probes only what changes', () => {
    const tick = (at: number, ok: boolean) => ({ at, probe: 'liveness', ok, message: '' }) as const;
    const probed = lane('web', [], [tick(1, true), tick(2, true), tick(3, false), tick(4, false)]);
    expect(podStory([probed]).map((l) => `${l.at} ${l.what}`)).toEqual([
      '1 probe-ok',
      '3 probe-failed',
    ]);
  });
});

const MOVES = [
  ['a', 'GO', 'b'],
  ['b', 'GO', 'c'],
  ['c', 'BACK', 'b'],
  ['c', 'AGAIN', 'c'],
  ['a', 'END', 'end'],
  ['b', 'END', 'end'],
  ['c', 'END', 'end'],
  ['c', 'STOP', 'end'],
  ['', 'RESET', 'a'],
] as const;

const GRAPH: MachineGraph = {
  id: 'test',
  initial: 'a',
  states: ['a', 'b', 'c', 'end'].map((name) => ({ name, entry: [], final: name === 'end' })),
  moves: MOVES.map(([from, event, to]) => ({ from, event, to, actions: [] })),
};

describe('the drawing of a machine', () => {
  const size = { width: 100, height: 20, gapX: 20, gapY: 10 };
  const placed = placeGraph(GRAPH, size);
  const state = (name: string) => placed.states.find((s) => s.name === name);

  it('places every state once, and none on another', () => {
    expect(placed.states.map((s) => s.name).sort()).toEqual(['a', 'b', 'c', 'end']);
    const places = new Set(placed.states.map((s) => `${s.x},${s.y}`));
    expect(places.size).toBe(4);
    for (const s of placed.states) {
      expect(s.x + size.width).toBeLessThanOrEqual(placed.width);
      expect(s.y + size.height).toBeLessThanOrEqual(placed.height);
    }
  });

  it('goes from left to right, with the end that all lead to at the right', () => {
    expect(['a', 'b', 'c', 'end'].map((name) => state(name)?.column)).toEqual([0, 1, 2, 2]);
    expect(state('end')?.end).toBe(true);
    expect(state('c')?.end).toBe(false);
  });

  it('draws one line for all events between the same two', () => {
    const toEnd = placed.moves.find((m) => m.from === 'c' && m.to === 'end');
    expect(toEnd?.events).toEqual(['END', 'STOP']);
    expect(placed.moves.some((m) => m.from === '')).toBe(false);
    for (const { path } of placed.moves) expect(path).not.toMatch(/NaN|Infinity/);
  });
});

describe('small words', () => {
  it('counts down', () => {
    expect([7_250_000, 48_100_000, 245_000_000, 3_725_000_000, -5].map(countdownText)).toEqual([
      '7.3 s',
      '49 s',
      '4:05',
      '1:02:05',
      '0.0 s',
    ]);
  });

  it('writes modes as ls does', () => {
    expect(modeText({ kind: 'directory', mode: 0o755 })).toBe('drwxr-xr-x');
    expect(modeText({ kind: 'file', mode: 0o4640 })).toBe('-rwSr-----');
    expect(modeText({ kind: 'directory', mode: 0o1777 })).toBe('drwxrwxrwt');
    expect(modeText({ kind: 'link', mode: 0o2777 })).toBe('lrwxrwsrwx');
  });

  it('goes up and down in paths', () => {
    expect([parentOf('/'), parentOf('/etc'), parentOf('/etc/nginx')]).toEqual(['/', '/', '/etc']);
    expect([pathIn('/', 'etc'), pathIn('/etc', 'hosts')]).toEqual(['/etc', '/etc/hosts']);
  });

  it('finds lines whatever their case, with the numbers they have in the log', () => {
    const lines = [{ text: 'Ready' }, { text: 'waiting' }, { text: 'not ready' }];
    expect(searchLines(lines, 'READY').map((f) => f.number)).toEqual([0, 2]);
    expect(searchLines(lines, '')).toHaveLength(3);
  });
});
