/** Images that nobody uses go when the disk gets full; when that does not help, the Node says so. */
import { describe, expect, it } from 'vitest';
import type { Event } from '../../../api/generated/types.ts';
import { kinds } from '../../../api/kinds/index.ts';
import { programsFor } from '../../../kubectl/programs.ts';
import type { RunConfig } from '../../../port/protocol.ts';
import { Session } from '../../session.ts';

const MINUTE_US = 60_000_000;
/** Of 252 GiB of disk an image takes three times its size. */
const CONFIG: RunConfig = {
  seed: 7,
  epoch: '2026-01-01T00:00:00Z',
  nodes: [{ name: 'node-1', cpu: '4', memory: '8Gi', pods: 110, zone: 'a' }],
  stopped: [],
  images: [
    { name: 'shop/big', tags: ['1'], size: '64Gi' },
    { name: 'shop/small', tags: ['1'], size: '11Gi' },
    { name: 'shop/huge', tags: ['1'], size: '90Gi' },
  ],
};

function begin(): Session {
  return new Session(CONFIG, programsFor(kinds), { freeze: true });
}

function run(session: Session, name: string, image: string): void {
  const text = `apiVersion: v1
kind: Pod
metadata: { name: ${name} }
spec:
  terminationGracePeriodSeconds: 1
  containers: [{ name: c, image: '${image}' }]
`;
  session.give({ type: 'apply', file: 'p.yaml', text });
}

function pass(session: Session, minutes: number): void {
  const { kernel } = session.cluster;
  kernel.runUntil(kernel.now + minutes * MINUTE_US);
}

function images(session: Session): readonly string[] {
  const [machine] = session.cluster.machines.values();
  return (machine?.runtime.images.all() ?? []).map(
    ({ reference }) => reference.split('@')[0] ?? '',
  );
}

function nodeEvents(session: Session): readonly Event[] {
  return session.cluster.server.store
    .range('/registry/events/default/')
    .map((kv) => kv.value.object as unknown as Event)
    .filter((e) => e.involvedObject.kind === 'Node');
}

describe('the disk of a node', () => {
  it('loses images that are not used any more', () => {
    const session = begin();
    run(session, 'a', 'shop/big:1');
    pass(session, 40);
    run(session, 'b', 'shop/small:1');
    pass(session, 20);
    expect(images(session)).toEqual(
      expect.arrayContaining(['docker.io/shop/big', 'docker.io/shop/small']),
    );
    session.give({ type: 'delete', object: 'Pod/default/a' });
    pass(session, 6);
    expect(images(session)).not.toContain('docker.io/shop/big');
    expect(images(session)).toContain('docker.io/shop/small');
    expect(images(session)).toContain('registry.k8s.io/pause');
  });

  it('is full of what is used', () => {
    const session = begin();
    run(session, 'a', 'shop/big:1');
    pass(session, 40);
    run(session, 'b', 'shop/small:1');
    pass(session, 30);
    const [failed] = nodeEvents(session).filter((e) => e.reason === 'FreeDiskSpaceFailed');
    expect(failed?.message).toMatch(
      /^Insufficient free disk space on the node's image filesystem \(\d\d% of 252\.0 GiB used\)\. Failed to free sufficient space by deleting unused images \(freed 0 bytes\)\. Investigate/,
    );
    const [repeated] = nodeEvents(session).filter((e) => e.reason === 'ImageGCFailed');
    expect(repeated?.message).toBe(failed?.message);
  });

  it('has no room for a larger image', () => {
    const session = begin();
    run(session, 'a', 'shop/huge:1');
    pass(session, 60);
    const pulls = session.cluster.server.store
      .range('/registry/events/default/')
      .map((kv) => kv.value.object as unknown as Event)
      .filter((e) => e.reason === 'Failed');
    expect(pulls[0]?.message).toMatch(
      /^Failed to pull image "shop\/huge:1": failed to pull and unpack image "docker\.io\/shop\/huge:1": failed to copy: write \S+\/data: no space left on device$/,
    );
  });
});
