import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../../api/meta/object.ts';
import { Graph, type GraphNode } from './graph.ts';
import type { Identity } from './identities.ts';

function fixture(): { graph: Graph; log: string[] } {
  const log: string[] = [];
  const name = (n: GraphNode): string => n.identity.name;
  const graph = new Graph({
    attemptToDelete: (n) => log.push(`delete ${name(n)}`),
    attemptToOrphan: (n) => log.push(`orphan ${name(n)}`),
    absent: (i: Identity) => log.push(`absent ${i.name}`),
    invalidNamespace: (n, ref) => log.push(`${name(n)} refers to ${ref.name} elsewhere`),
  });
  return { graph, log };
}

interface More {
  readonly owners?: readonly string[];
  readonly namespace?: string;
  readonly deleted?: boolean;
  readonly finalizers?: readonly string[];
  readonly blocks?: boolean;
}

function object(name: string, more: More = {}): KubeObject {
  const { owners = [], namespace = 'x', deleted, finalizers, blocks = true } = more;
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name,
      namespace,
      uid: name,
      ownerReferences: owners.map((o) => ({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        name: o,
        uid: o,
        blockOwnerDeletion: blocks,
      })),
      ...(finalizers ? { finalizers } : {}),
      ...(deleted ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
    },
  } as unknown as KubeObject;
}

describe('dependents', () => {
  it('are due when their owner is gone', () => {
    const { graph, log } = fixture();
    graph.observe(object('owner'), undefined);
    graph.observe(object('child', { owners: ['owner'] }), undefined);
    expect(log).toEqual([]);
    graph.remove('owner');
    expect(log).toEqual(['absent owner', 'delete child']);
  });

  it('make the collector look for an owner nobody has seen', () => {
    const { graph, log } = fixture();
    graph.observe(object('child', { owners: ['owner'] }), undefined);
    expect(log).toEqual(['delete owner']);
    expect(graph.get('owner')?.virtual).toBe(true);
    graph.observe(object('owner'), undefined);
    expect(graph.get('owner')?.virtual).toBe(false);
    graph.remove('owner');
    expect(log).toEqual(['delete owner', 'absent owner', 'delete child']);
  });

  it('are not lost by a server’s word about another identity', () => {
    const { graph } = fixture();
    graph.observe(object('owner'), undefined);
    const owner = graph.get('owner') as GraphNode;
    graph.remove('owner', { ...owner.identity, name: 'other' });
    expect(graph.get('owner')).toBe(owner);
  });

  it('may not refer to an owner in another namespace', () => {
    const { graph, log } = fixture();
    graph.observe(object('owner', { namespace: 'y' }), undefined);
    graph.observe(object('child', { owners: ['owner'] }), undefined);
    expect(log).toEqual(['child refers to owner elsewhere', 'delete child']);
  });

  it('change owners', () => {
    const { graph, log } = fixture();
    for (const name of ['a', 'b']) graph.observe(object(name), undefined);
    const before = object('child', { owners: ['a'] });
    graph.observe(before, undefined);
    graph.observe(object('child', { owners: ['b'] }), before);
    expect(log).toEqual(['delete a']); // it may have waited for this dependent
    graph.remove('a');
    expect(log).toEqual(['delete a']);
    graph.remove('b');
    expect(log.slice(1)).toEqual(['absent b', 'delete child']);
  });
});

describe('deletions that wait', () => {
  it('for dependents: all of them are due, and the owner when one is gone', () => {
    const { graph, log } = fixture();
    const owner = object('owner');
    graph.observe(owner, undefined);
    graph.observe(object('child', { owners: ['owner'] }), undefined);
    const waiting = object('owner', { deleted: true, finalizers: ['foregroundDeletion'] });
    graph.observe(waiting, owner);
    expect(log).toEqual(['delete child', 'delete owner']);
    expect(graph.get('owner')?.blockingDependents()).toHaveLength(1);
    graph.remove('child');
    expect(log.slice(2)).toEqual(['delete owner']);
  });

  it('for the release of dependents', () => {
    const { graph, log } = fixture();
    const owner = object('owner');
    graph.observe(owner, undefined);
    graph.observe(object('owner', { deleted: true, finalizers: ['orphan'] }), owner);
    expect(log).toEqual(['orphan owner']);
  });

  it('do not wait for dependents that do not block', () => {
    const { graph } = fixture();
    graph.observe(object('owner'), undefined);
    graph.observe(object('child', { owners: ['owner'], blocks: false }), undefined);
    expect(graph.get('owner')?.blockingDependents()).toEqual([]);
  });
});

describe('an owner that nobody has seen and that dependents call differently', () => {
  /** One that calls the owner of uid `owner` by |name|. */
  function calling(child: string, name: string, namespace = 'x'): KubeObject {
    const made = object(child, { owners: ['owner'], namespace });
    const [ref] = made.metadata.ownerReferences ?? [];
    return {
      ...made,
      metadata: { ...made.metadata, ownerReferences: [{ ...ref, name }] },
    } as KubeObject;
  }
  const identity = (name: string): Identity => {
    return { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'x', name, uid: 'owner' };
  };

  it('is looked for under each name before it is given up', () => {
    const { graph, log } = fixture();
    graph.observe(calling('one', 'b'), undefined);
    graph.observe(calling('two', 'a'), undefined);
    expect(graph.get('owner')?.identity).toEqual(identity('b'));
    log.length = 0;
    graph.remove('owner', identity('b'));
    expect(log).toEqual(['absent b', 'delete one']);
    expect(graph.get('owner')?.identity).toEqual(identity('a'));
    graph.observe(object('one'), calling('one', 'b'));
    log.length = 0;
    graph.remove('owner', identity('a'));
    expect(log).toEqual(['absent a', 'delete two']);
    expect(graph.get('owner')).toBeUndefined();
  });

  it('is looked for in the namespaces of its dependents, in order', () => {
    const { graph } = fixture();
    graph.observe(calling('one', 'o', 'x'), undefined);
    graph.observe(calling('two', 'o', 'y'), undefined);
    graph.observe(calling('three', 'o', 'z'), undefined);
    const namespaces = ['x', 'y', 'z', 'x'];
    for (const namespace of namespaces) {
      expect(graph.get('owner')?.identity.namespace).toBe(namespace);
      graph.remove('owner', { ...identity('o'), namespace });
    }
  });

  it('that an informer shows stays, and who calls it differently is looked at', () => {
    const { graph, log } = fixture();
    graph.observe(object('owner'), undefined);
    graph.observe(calling('one', 'other'), undefined);
    expect(log).toEqual(['delete one']);
    log.length = 0;
    graph.remove('owner', identity('other'));
    expect(log).toEqual(['absent other', 'delete one']);
    expect(graph.get('owner')?.virtual).toBe(false);
  });
});
