/** Defaults and validation of StatefulSet, DaemonSet and their like, as tables. */
import { describe, expect, it } from 'vitest';
import { created, createErrors, createWarnings, updateErrors } from '../../testing/kind-rules.ts';
import { ControllerRevision } from './controller-revision.ts';
import { DaemonSet } from './daemon-set.ts';
import { PodTemplate } from './pod-template.ts';
import { ReplicationController } from './replication-controller.ts';
import { StatefulSet } from './stateful-set.ts';

const selector = { matchLabels: { app: 'x' } };
const template = {
  metadata: { labels: { app: 'x' } },
  spec: { containers: [{ name: 'c', image: 'x:1' }] },
};
const of = (spec: object): object => ({ spec: { selector, template, ...spec } });
const claim = (storage: string): object => ({
  metadata: { name: 'data' },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } } },
});

describe('StatefulSet', () => {
  it('is defaulted', () => {
    const set = created(StatefulSet, of({ volumeClaimTemplates: [claim('1Gi')] }));
    expect(set.spec).toMatchObject({
      replicas: 1,
      podManagementPolicy: 'OrderedReady',
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
      volumeClaimTemplates: [{ spec: { volumeMode: 'Filesystem' }, status: { phase: 'Pending' } }],
    });
    expect(set.status).toEqual({ replicas: 0, availableReplicas: 0 });
  });
  it.each([
    [of({}), []],
    // Claims are mounted by the name of their template.
    [
      of({
        volumeClaimTemplates: [claim('1Gi')],
        template: {
          ...template,
          spec: {
            containers: [
              { name: 'c', image: 'x', volumeMounts: [{ name: 'data', mountPath: '/d' }] },
            ],
          },
        },
      }),
      [],
    ],
    [
      of({ serviceName: 'a.b', minReadySeconds: -1 }),
      [
        'spec.minReadySeconds: Invalid value: -1: must be greater than or equal to 0',
        'spec.serviceName: Invalid value: "a.b": must not contain dots',
      ],
    ],
    [
      of({ volumeClaimTemplates: [claim('0')] }),
      [
        'spec.volumeClaimTemplates[0].spec.resources[storage]: Invalid value: "0": ' +
          'must be greater than zero',
      ],
    ],
  ])('%j', (fields, errors) => expect(createErrors(StatefulSet, fields)).toEqual(errors));
  it('warns of parts of a byte', () => {
    const set = of({ volumeClaimTemplates: [claim('1500m')], revisionHistoryLimit: -1 });
    expect(createWarnings(StatefulSet, set)).toEqual([
      'spec.volumeClaimTemplates[0].resources.requests[storage]: fractional byte value ' +
        '"1500m" is invalid, must be an integer',
      expect.stringContaining('spec.revisionHistoryLimit: a negative value'),
    ]);
  });
  it('changes what it may', () => {
    const change = { spec: { replicas: 3, ordinals: { start: 2 } } };
    expect(updateErrors(StatefulSet, of({}), change)).toEqual([]);
    expect(updateErrors(StatefulSet, of({}), { spec: { serviceName: 'b' } })).toEqual([
      expect.stringContaining('spec: Forbidden: updates to statefulset spec'),
    ]);
  });
});

describe('DaemonSet', () => {
  const GENERATION = 'deprecated.daemonset.template.generation';
  it('counts its templates', () => {
    const set = created(DaemonSet, of({}));
    expect(set.metadata.annotations).toEqual({ [GENERATION]: '1' });
    expect(set.spec).toMatchObject({
      updateStrategy: { rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } },
    });
  });
  it('writes an idle rolling update whole', () => {
    const set = created(DaemonSet, of({ updateStrategy: { type: 'OnDelete', rollingUpdate: {} } }));
    expect(set.spec).toMatchObject({
      updateStrategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: 0 } },
    });
  });
  it.each([
    [{}, []],
    [
      { rollingUpdate: { maxUnavailable: '10%', maxSurge: 1 } },
      ['maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero'],
    ],
    [
      { rollingUpdate: { maxUnavailable: '101%' } },
      ['maxUnavailable: Invalid value: "101%": must not be greater than 100%'],
    ],
  ])('updates by %j', (updateStrategy, errors) => {
    const path = 'spec.updateStrategy.rollingUpdate.';
    const expected = errors.map((error) => path + error);
    expect(createErrors(DaemonSet, of({ updateStrategy }))).toEqual(expected);
  });
  it('keeps its selector', () => {
    const change = { spec: { selector: { matchLabels: { app: 'y' } } } };
    expect(updateErrors(DaemonSet, of({}), change)[0]).toBe(
      'spec.selector: Invalid value: {"matchLabels":{"app":"y"}}: field is immutable',
    );
  });
});

describe('ReplicationController', () => {
  it('selects by the labels of its template', () => {
    const rc = created(ReplicationController, { spec: { template } });
    expect(rc).toMatchObject({
      metadata: { labels: { app: 'x' } },
      spec: { replicas: 1, selector: { app: 'x' } },
    });
    expect(ReplicationController.scale?.toScale(rc as never).status.selector).toBe('app=x');
  });
  it('needs a template', () => {
    expect(createErrors(ReplicationController, { spec: { selector: { a: 'b' } } })).toEqual([
      'spec.template: Required value',
    ]);
  });
});

describe('ControllerRevision and PodTemplate', () => {
  it.each([
    [{ data: { a: 1 }, revision: 1 }, []],
    [{ revision: 1 }, ['data: Required value: data is mandatory']],
    [{ data: [1] }, ['data: Required value: data must be a valid JSON object']],
  ])('%j', (fields, errors) => expect(createErrors(ControllerRevision, fields)).toEqual(errors));
  it('a template is one', () => {
    expect(createErrors(PodTemplate, { template })).toEqual([]);
    expect(createErrors(PodTemplate, {})).toEqual(['template.spec.containers: Required value']);
  });
});
