/**
 * The versions of a kind as the tracking of fields needs them: a manager that wrote another version
 * than the request's is compared in its own.
 *
 * Models: k8s.io/apimachinery/pkg/util/managedfields/internal versionconverter.go (v1.36)
 */
import { decodeObject } from '../../api/meta/decode.ts';
import type { Versions } from '../../api/meta/managed-fields.ts';
import type { Draft, KubeObject } from '../../api/meta/object.ts';
import type { Registry, Resource } from './resource.ts';
import { fromHub, toHub } from './versions.ts';

interface Kept {
  readonly generation: number;
  readonly versions: Versions | undefined;
}

const kept = new WeakMap<Resource, Kept>();

/** undefined when |resource| is served in one version only. */
export function versionsOf(registry: Registry, resource: Resource): Versions | undefined {
  const { hub } = resource;
  const known = kept.get(hub);
  if (known?.generation === registry.generation) return known.versions;
  const all = registry.resources.filter((r) => r.hub === hub);
  const versions = all.length > 1 ? between(all) : undefined;
  kept.set(hub, { generation: registry.generation, versions });
  return versions;
}

function between(resources: readonly Resource[]): Versions {
  const byVersion = new Map(resources.map((r) => [r.apiVersion, r]));
  const of = (apiVersion: string): Resource => {
    const resource = byVersion.get(apiVersion);
    if (!resource) throw new Error(`${apiVersion} is not served`);
    return resource;
  };
  return {
    schemaOf: (apiVersion) => byVersion.get(apiVersion)?.kind.schema ?? null,
    convert(object, from, to) {
      const source = of(from);
      // Custom resources are not pruned on the way.
      if (source.kind.isCustom) return { ...(object as object), apiVersion: to };
      const { object: draft } = decodeObject(source.kind.schema, object);
      return fromHub(of(to), toHub(source, draft as unknown as Draft<KubeObject>) as KubeObject);
    },
  };
}
