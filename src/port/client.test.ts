import { describe, expect, it } from 'vitest';
import { PortClient, type PortEvents } from './client.ts';
import { isDrawn } from './drawn.ts';
import type { Endpoint, SpanRow, ToEngine } from './protocol.ts';

function setup() {
  const sent: ToEngine[] = [];
  let receive: (message: unknown) => void = () => {};
  const endpoint: Endpoint = {
    post: (message) => sent.push(structuredClone(message) as ToEngine),
    onMessage: (handler) => {
      receive = handler;
    },
  };
  const seen: string[] = [];
  const events: PortEvents = {
    frame: (frame, done) => {
      seen.push(`frame ${frame.seq}`);
      done();
    },
    crashed: (message) => seen.push(`crashed ${message}`),
    memory: (message) => seen.push(`memory ${message}`),
  };
  const client = new PortClient(endpoint, events);
  return { client, sent, seen, receive: (message: unknown) => receive(message) };
}

describe('PortClient', () => {
  it('gives each question its own answer', async () => {
    const { client, sent, receive } = setup();
    const first = client.ask({ type: 'export' });
    const second = client.ask({ type: 'pause' });
    receive({ type: 'answer', id: sent[1]?.id, value: null });
    receive({ type: 'answer', id: sent[0]?.id, value: 'text' });
    expect(await first).toBe('text');
    expect(await second).toBeNull();
  });

  it('turns a refusal into an error with its message', async () => {
    const { client, sent, receive } = setup();
    const answer = client.ask({ type: 'seek', at: 5 });
    receive({ type: 'refused', id: sent[0]?.id, message: 'too old' });
    await expect(answer).rejects.toThrow('too old');
  });

  it('acknowledges a frame when the page has taken it', () => {
    const { sent, seen, receive } = setup();
    receive({ type: 'frame', seq: 7 });
    expect(seen).toEqual(['frame 7']);
    expect(sent.map((message) => message.ask)).toEqual([{ type: 'frame-seen', seq: 7 }]);
  });

  it('refuses everything once the engine has crashed', async () => {
    const { client, seen, receive } = setup();
    const waiting = client.ask({ type: 'save' });
    receive({ type: 'crashed', message: 'assertion', run: {} });
    receive({ type: 'frame', seq: 8 });
    await expect(waiting).rejects.toThrow('assertion');
    await expect(client.ask({ type: 'play' })).rejects.toThrow('assertion');
    expect(seen).toEqual(['crashed assertion']);
  });
});

describe('isDrawn', () => {
  const span = (kind: string, name: string, object: string, from = 'kubectl'): SpanRow => ({
    id: 1,
    parent: 0,
    kind,
    name,
    from,
    to: '',
    start: 0,
    end: 1,
    object,
    revision: 0,
  });
  const cases: [SpanRow, boolean][] = [
    [span('request', 'create', 'Pod/default/a'), true],
    [span('request', 'patch status', 'Pod/default/a', 'kubelet/node-1'), true],
    [span('request', 'get', 'Pod/default/a'), false],
    [span('request', 'create', 'Event/default/a.1'), false],
    [span('request', 'update', 'Lease/kube-node-lease/node-1', 'kubelet/node-1'), false],
    [span('request', 'patch status', 'Node//node-1', 'kubelet/node-1'), false],
    [span('request', 'patch', 'Node//node-1', 'node-lifecycle-controller'), true],
    [span('watch', 'ADDED', 'Pod/default/a'), true],
    [span('watch', 'MODIFIED', 'Node//node-1'), false],
    [span('etcd', 'txn', 'Pod/default/a'), false],
    [span('work', 'reconcile', 'default/web'), false],
    [span('cri', 'PullImage', 'Pod/default/a'), true],
  ];
  it.each(cases)('%j is %s', (row, drawn) => {
    expect(isDrawn(row)).toBe(drawn);
  });
});
