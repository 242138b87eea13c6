/** What a new server makes by itself, against what a real one listed. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { kinds } from '../../api/kinds/index.ts';
import { apiServices } from './api-services.ts';
import { flowControl } from './flow-control.ts';
import type { BootstrapObject } from './object.ts';
import { priorityClasses } from './priority-classes.ts';

interface Recorded {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec?: object;
}

const TABLES = new URL('../../testing/goldens/api/tables/', import.meta.url);
const read = (name: string): readonly Recorded[] => {
  const text = fs.readFileSync(new URL(`${name}.json`, TABLES), 'utf8');
  return (JSON.parse(text) as { objects: readonly Recorded[] }).objects;
};

const made = [...flowControl, ...apiServices, ...priorityClasses];
const find = ({ kind, metadata }: Recorded): BootstrapObject | undefined =>
  made.find((b) => b.kind.kind === kind && b.object.metadata.name === metadata.name);

describe.each(['flowschemas', 'prioritylevelconfigurations', 'apiservices', 'priorityclasses'])(
  '%s',
  (name) => {
    // Some recorded objects were made by somebody: those have no counterpart.
    const mine = read(name).filter((object) => find(object) !== undefined);
    it.each(mine.map((object) => [object.metadata.name, object] as const))('%s', (_, object) => {
      const own = find(object)?.object;
      expect(own?.['spec']).toEqual(object.spec);
      expect(object.metadata).toMatchObject({ ...own?.metadata });
    });
    it('finds some', () => expect(mine.length).toBeGreaterThan(1));
  },
);

it('registers every built-in group and version', () => {
  const names = new Set(apiServices.map((b) => b.object.metadata.name));
  const missing = kinds.filter(
    ({ group, version }) => group !== 'apiregistration.k8s.io' && !names.has(`${version}.${group}`),
  );
  expect(missing.map((kind) => kind.kind)).toEqual([]);
});
