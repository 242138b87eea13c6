import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { PodTemplateSpec } from '../generated/types.ts';
import { podTemplateHash } from './pod-template-hash.ts';

interface Hashed {
  readonly template: PodTemplateSpec;
  readonly collisionCount?: number;
  readonly hash: string;
}

interface Stored {
  readonly kind?: string;
  readonly metadata?: { readonly labels?: Readonly<Record<string, string>> };
  readonly spec?: { readonly template?: PodTemplateSpec };
}

const LABEL = 'pod-template-hash';
const testing = new URL('../../testing/', import.meta.url);

/** Random templates, hashed by Go with k8s.io/api 0.36.3 and k8s.io/utils/dump. */
const hashed = JSON.parse(
  fs.readFileSync(new URL('fixtures/pod-template-hashes.json', testing), 'utf8'),
) as readonly Hashed[];

describe('podTemplateHash', () => {
  it.each(hashed.map((h) => [h.hash, h] as const))(
    '%s as Go',
    (hash, { template, collisionCount }) => {
      expect(podTemplateHash(template, collisionCount)).toBe(hash);
    },
  );

  it.each(['node/workloads/', 'node/flow/'])('is that of recorded ReplicaSets: %s', (name) => {
    const folder = new URL(`goldens/${name}`, testing);
    const found = new Set<string>();
    for (const file of fs.readdirSync(folder)) {
      if (!file.endsWith('.json')) continue;
      walk(JSON.parse(fs.readFileSync(new URL(file, folder), 'utf8')), (object) => {
        const hash = object.metadata?.labels?.[LABEL];
        const template = object.spec?.template;
        if (object.kind !== 'ReplicaSet' || hash === undefined || template === undefined) return;
        const { [LABEL]: _, ...labels } = template.metadata.labels ?? {};
        const plain = { ...template, metadata: { ...template.metadata, labels } };
        expect(podTemplateHash(plain)).toBe(hash);
        found.add(hash);
      });
    }
    expect(found.size).toBeGreaterThan(1);
  });

  it('does not depend on the order of keys', () => {
    const a = { metadata: { labels: { a: '1', b: '2' } }, spec: { containers: [] } };
    const b = { spec: { containers: [] }, metadata: { labels: { b: '2', a: '1' } } };
    const hash = podTemplateHash(a as unknown as PodTemplateSpec);
    expect(podTemplateHash(b as unknown as PodTemplateSpec)).toBe(hash);
  });
});

function walk(value: unknown, visit: (object: Stored) => void): void {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) visit(value as Stored);
  for (const item of Object.values(value)) walk(item, visit);
}
