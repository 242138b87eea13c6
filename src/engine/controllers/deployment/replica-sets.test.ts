import { describe, expect, it } from 'vitest';
import type { Deployment, PodTemplateSpec, ReplicaSet } from '../../../api/generated/types.ts';
import {
  newReplicaSet,
  newSetAnnotations,
  nextRevision,
  replicaSetName,
  REVISION,
  REVISION_HISTORY,
  sameTemplate,
  splitReplicaSets,
  surplusReplicaSets,
  withCounts,
} from './replica-sets.ts';

const template = (
  image: string,
  labels: Record<string, string> = { app: 'web' },
): PodTemplateSpec =>
  ({
    metadata: { labels },
    spec: { containers: [{ name: 'app', image }] },
  }) as unknown as PodTemplateSpec;

function deployment(image: string, more: object = {}, annotations: object = {}): Deployment {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'x', uid: 'd', annotations },
    spec: { selector: { matchLabels: { app: 'web' } }, template: template(image), ...more },
    status: {},
  } as unknown as Deployment;
}

function set(name: string, image: string, second: number, more: object = {}): ReplicaSet {
  return {
    metadata: {
      name,
      creationTimestamp: `2026-01-01T00:00:${String(second).padStart(2, '0')}Z`,
      ...more,
    },
    spec: {
      replicas: 0,
      template: template(image, { app: 'web', 'pod-template-hash': name }),
    },
    status: { replicas: 0 },
  } as unknown as ReplicaSet;
}

describe('which ReplicaSet is the new one', () => {
  it('is the oldest with the same template but for the hash', () => {
    const sets = [set('c', 'app:2', 3), set('b', 'app:2', 2), set('a', 'app:1', 1)];
    const { newSet, oldSets } = splitReplicaSets(deployment('app:2'), sets);
    expect(newSet?.metadata.name).toBe('b');
    expect(oldSets.map((s) => s.metadata.name)).toEqual(['a', 'c']);
  });

  it('is none for a new template', () => {
    expect(splitReplicaSets(deployment('app:3'), [set('a', 'app:1', 1)]).newSet).toBeUndefined();
  });

  it('compares all labels but the hash', () => {
    expect(sameTemplate(template('a'), template('a', { app: 'x' }))).toBe(false);
  });
});

describe('annotations', () => {
  it('copies the Deployment’s own and counts the revision', () => {
    const d = deployment(
      'a',
      {},
      {
        note: 'n',
        [REVISION]: '9',
        'kubectl.kubernetes.io/last-applied-configuration': '{}',
      },
    );
    expect(newSetAnnotations(d, {}, 1n)).toEqual({ note: 'n', [REVISION]: '1' });
  });

  it('answers the same object when nothing changes', () => {
    const old = { [REVISION]: '2', note: 'n' };
    expect(newSetAnnotations(deployment('a', {}, { note: 'n' }), old, 2n)).toBe(old);
    expect(newSetAnnotations(deployment('a'), old, 1n)).toBe(old);
  });

  it.each([
    [{ [REVISION]: '1' }, 3n, '1'],
    [{ [REVISION]: '3', [REVISION_HISTORY]: '1' }, 5n, '1,3'],
  ])('remembers the revisions of a rollback: %j', (old, revision, history) => {
    expect(newSetAnnotations(deployment('a'), old, revision)).toEqual({
      [REVISION]: String(revision),
      [REVISION_HISTORY]: history,
    });
  });

  it('counts on in 64 bits', () => {
    const set = (revision: string): ReplicaSet =>
      ({ metadata: { annotations: { [REVISION]: revision } } }) as unknown as ReplicaSet;
    expect(nextRevision([set('3546343826724305832')])).toBe(3546343826724305833n);
    expect(nextRevision([set('no number'), set('18446744073709551617'), set('4')])).toBe(5n);
    expect(nextRevision([set('9223372036854775807')])).toBe(-9223372036854775808n);
  });

  it('drops the oldest revisions when the history is too long', () => {
    const history = Array.from({ length: 500 }, (_, i) => String(1000 + i)).join(',');
    const old = { [REVISION]: '1500', [REVISION_HISTORY]: history };
    const next = newSetAnnotations(deployment('a'), old, 1501n)[REVISION_HISTORY] ?? '';
    expect(next.length).toBeLessThanOrEqual(2000);
    expect(next.endsWith(',1499,1500')).toBe(true);
    expect(next.startsWith('1101,')).toBe(true);
  });

  it('keeps the counts', () => {
    const counts = withCounts({}, 3, 4);
    expect(counts).toEqual({
      'deployment.kubernetes.io/desired-replicas': '3',
      'deployment.kubernetes.io/max-replicas': '4',
    });
    expect(withCounts(counts, 3, 4)).toBe(counts);
  });
});

describe('a new ReplicaSet', () => {
  it('has the hash in name, labels, selector and template', () => {
    const rs = newReplicaSet(deployment('a'), 'abc', 3, {});
    expect(rs.metadata?.name).toBe('web-abc');
    expect(rs.metadata?.labels).toEqual({ app: 'web', 'pod-template-hash': 'abc' });
    expect(rs.spec?.selector?.matchLabels).toEqual({ app: 'web', 'pod-template-hash': 'abc' });
    expect(rs.spec?.template?.metadata?.labels).toEqual({ app: 'web', 'pod-template-hash': 'abc' });
    expect(rs.spec?.replicas).toBe(3);
  });

  it('cuts a name that would be too long', () => {
    expect(replicaSetName('x'.repeat(253), '6b89d9595')).toBe(`${'x'.repeat(243)}-6b89d9595`);
  });
});

describe('clean-up', () => {
  const old = (n: number, revision: number, more: object = {}): ReplicaSet =>
    set(`s${n}`, 'a', n, { annotations: { [REVISION]: String(revision) }, ...more });

  it('takes the lowest revisions beyond the limit', () => {
    const d = deployment('a', { revisionHistoryLimit: 1 });
    const names = surplusReplicaSets(d, [old(1, 5), old(2, 3), old(3, 4)]);
    expect(names.map((s) => s.metadata.name)).toEqual(['s2', 's3']);
  });

  it('spares those with Pods, those not yet observed, and those going already', () => {
    const d = deployment('a', { revisionHistoryLimit: 0 });
    const busy = { ...old(1, 1), status: { replicas: 1 } } as ReplicaSet;
    const stale = old(2, 2, { generation: 2 });
    const going = old(3, 3, { deletionTimestamp: '2026-01-01T00:00:00Z' });
    expect(surplusReplicaSets(d, [busy, stale, going])).toEqual([]);
  });

  it('keeps all without a limit', () => {
    expect(surplusReplicaSets(deployment('a'), [old(1, 1)])).toEqual([]);
  });
});
