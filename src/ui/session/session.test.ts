import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Command } from '../../port/protocol.ts';
import { missingFeatures, seedOf } from '../boot.ts';
import { DEPLOYMENT } from '../examples.ts';
import {
  activeFile,
  closeFile,
  files,
  forgetApplied,
  makeFile,
  markApplied,
  openFile,
  putFile,
  renameFile,
  setProblems,
  setText,
} from './files.ts';
import { kubectlLine } from './history.ts';
import { decodeShare, encodeShare } from './share.ts';
import { asRecord, oneOf, readStored, watchStorage, writeStored } from './stored.ts';

describe('files', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    files.setState({ files: [makeFile('a.yaml', 'x')], active: 'a.yaml', problems: {} });
    return () => vi.useRealTimers();
  });
  const names = (): string[] => files.getState().files.map((file) => file.name);

  it('begins with the default example', () => {
    expect(DEPLOYMENT).toContain('initContainers');
  });

  it('keeps what is open when another text of that name comes', () => {
    expect(openFile('a.yaml', 'other')).toBe('a-2.yaml');
    expect(openFile('a.yaml', 'third')).toBe('a-3.yaml');
    expect(openFile('a.yaml', 'x')).toBe('a.yaml');
    expect(names()).toEqual(['a.yaml', 'a-2.yaml', 'a-3.yaml']);
    expect(files.getState().active).toBe('a.yaml');
  });

  it('puts a text into a known file', () => {
    putFile('a.yaml', 'new', 'new');
    expect(files.getState().files).toEqual([makeFile('a.yaml', 'new', 'new')]);
    expect(activeFile(files.getState())?.dirty).toBe(false);
  });

  it('shows the neighbour of a closed file', () => {
    openFile('b.yaml', 'b');
    openFile('c.yaml', 'c');
    closeFile('c.yaml');
    expect(files.getState().active).toBe('b.yaml');
    closeFile('b.yaml');
    closeFile('a.yaml');
    expect(files.getState()).toMatchObject({ files: [], active: '' });
  });

  it('renames, but not to a name that is taken', () => {
    openFile('b.yaml', 'b');
    expect(renameFile('b.yaml', 'a.yaml')).toBe(false);
    expect(renameFile('b.yaml', ' ')).toBe(false);
    expect(renameFile('b.yaml', 'c.yaml')).toBe(true);
    expect(files.getState().active).toBe('c.yaml');
  });

  it('forgets what was applied when the cluster begins anew', () => {
    putFile('a.yaml', 'x', null);
    markApplied('a.yaml', 'x');
    setProblems('a.yaml', [{ severity: 'error', message: 'm' }]);
    forgetApplied();
    const file = files.getState().files.find((f) => f.name === 'a.yaml');
    expect(file).toMatchObject({ applied: null, dirty: true });
    expect(files.getState().problems).toEqual({});
  });

  it('knows what was applied and drops problems when the text changes', () => {
    setProblems('a.yaml', [{ severity: 'error', message: 'm' }]);
    markApplied('a.yaml', 'x');
    expect(activeFile(files.getState())?.dirty).toBe(false);
    expect(files.getState().problems).toHaveProperty(['a.yaml']);
    setText('a.yaml', 'y');
    expect(activeFile(files.getState())?.dirty).toBe(true);
    expect(files.getState().problems).toEqual({});
  });
});

describe('kubectlLine', () => {
  const cases: [Command, string | null][] = [
    [{ type: 'apply', file: 'web.yaml', text: '' }, 'kubectl apply -f web.yaml'],
    [
      { type: 'apply', file: "my 'web'.yaml", text: '' },
      "kubectl apply -f 'my '\\''web'\\''.yaml'",
    ],
    [{ type: 'delete', object: 'Pod/default/a' }, 'kubectl delete pod/a'],
    [
      { type: 'delete', object: 'Pod/shop/a', graceSeconds: 0 },
      'kubectl delete pod/a -n shop --grace-period=0 --force',
    ],
    [
      { type: 'scale', object: 'Deployment/default/web', replicas: 5 },
      'kubectl scale deployment/web --replicas=5',
    ],
    [{ type: 'remove-node', node: 'node-1' }, 'kubectl delete node node-1'],
    [{ type: 'stop', component: 'kube-scheduler' }, null],
  ];
  it.each(cases)('%j', (command, line) => {
    expect(kubectlLine(command)).toBe(line);
  });
});

describe('share', () => {
  it('packs a manifest into a link and back', async () => {
    const file = { name: 'web 网.yaml', text: DEPLOYMENT };
    const fragment = await encodeShare(file);
    expect(fragment).toMatch(/^m1\.[\w-]+$/);
    expect(fragment.length).toBeLessThan(file.text.length);
    expect(await decodeShare(fragment)).toEqual(file);
  });

  it('refuses what was cut off', async () => {
    const fragment = await encodeShare({ name: 'a', text: 'b'.repeat(500) });
    await expect(decodeShare(fragment.slice(0, -6))).rejects.toThrow(Error);
    await expect(decodeShare('m1.$$$')).rejects.toThrow(Error);
  });
});

describe('storage', () => {
  it('survives being forbidden, and says so once', () => {
    const told: string[] = [];
    watchStorage((trouble) => told.push(trouble));
    vi.stubGlobal('localStorage', {
      getItem: () => {
        throw new Error('denied');
      },
      setItem: () => {
        throw new Error('denied');
      },
    });
    expect(readStored('x')).toBeUndefined();
    expect(writeStored('x', 1)).toBe(false);
    expect(writeStored('x', 2)).toBe(false);
    expect(told).toEqual(['refused']);
    vi.unstubAllGlobals();
  });

  it('takes only what it knows', () => {
    expect(oneOf('b', ['a', 'b'], 'a')).toBe('b');
    expect(oneOf(3, ['a', 'b'], 'a')).toBe('a');
    expect(asRecord([1])).toEqual({});
  });
});

describe('boot', () => {
  it('reads the seed of the address', () => {
    expect(seedOf('?seed=42')).toBe(42);
    expect(seedOf('?seed=-1')).toBe(1);
    expect(seedOf('?seed=x')).toBe(1);
    expect(seedOf('')).toBe(1);
  });
  it('names what the browser lacks', () => {
    expect(missingFeatures({})).toContain('Web Workers');
    const all = { Worker: 1, structuredClone: 1, ResizeObserver: 1, CompressionStream: 1 };
    expect(missingFeatures({ ...all, HTMLDialogElement: 1 })).toEqual([]);
  });
});
