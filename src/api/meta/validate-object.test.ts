import { expect, it } from 'vitest';
import { CronJob } from '../kinds/cron-job.ts';
import { PodDisruptionBudget } from '../kinds/pod-disruption-budget.ts';
import { ReplicationController } from '../kinds/replication-controller.ts';
import { created } from '../../testing/kind-rules.ts';
import type { AnyKind } from './define-kind.ts';
import { FieldErrors } from './field-errors.ts';
import type { KubeObject } from './object.ts';
import { validateChanged, validateNew } from './validate-object.ts';

const fieldsOf = (errors: FieldErrors): string[] => errors.list.map((e) => e.field);
const object = (kind: unknown, metadata: object, spec: object): KubeObject =>
  created(kind, { metadata: { namespace: 'n', ...metadata }, spec }) as unknown as KubeObject;

it('tells of metadata only when the rest is fine where the kind does not look at it', () => {
  const complaints = (spec: object): string[] => {
    const errors = new FieldErrors();
    const kind = PodDisruptionBudget as unknown as AnyKind;
    validateNew(object(kind, { name: 'a', labels: { a: '-' } }, spec), kind, errors);
    return fieldsOf(errors);
  };
  expect(complaints({ minAvailable: -1 })).toEqual(['spec.minAvailable']);
  expect(complaints({ minAvailable: 1 })).toEqual(['metadata.labels']);
});

it('lets a generateName be anything that can stand in a path', () => {
  const template = {
    metadata: { labels: { a: 'b' } },
    spec: { containers: [{ name: 'c', image: 'i' }] },
  };
  const complaints = (generateName: string): string[] => {
    const errors = new FieldErrors();
    const kind = ReplicationController as unknown as AnyKind;
    validateNew(object(kind, { name: 'a', generateName }, { template }), kind, errors);
    return fieldsOf(errors);
  };
  expect(complaints('A_')).toEqual([]);
  expect(complaints('a/')).toEqual(['metadata.generateName']);
});

it('looks at metadata of a status update too', () => {
  const kind = CronJob as unknown as AnyKind;
  const old = object(kind, { name: 'a' }, { schedule: '* * * * *', jobTemplate: { spec: {} } });
  const next = { ...old, metadata: { ...old.metadata, labels: { a: '-' } } };
  const errors = new FieldErrors();
  validateChanged(next, old, kind, kind.status ?? null, errors);
  expect(fieldsOf(errors)).toEqual(['metadata.labels', 'metadata.labels']);
});
