/**
 * From a manifest's kind to the resource that serves it. The kinds of Kubernetes itself are known;
 * others are asked of the API server, whose definitions may have made more.
 *
 * Models:     k8s.io/apimachinery pkg/api/meta restmapper.go over k8s.io/client-go discovery's
 *             aggregated document (v1.36)
 * Simplified: built-in kinds are taken from the project's own list, so that no request is made for them
 */
import type { AnyKind } from '../api/meta/define-kind.ts';
import type { SchemaRef } from '../api/meta/schema.ts';
import type { ApiRequest, ApiResponse } from '../port/protocol.ts';
import { bodyOf, request } from './rest.ts';

/** What kubectl needs to know of a kind to talk about its objects. */
export interface Mapping {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly namespaced: boolean;
  /** Null where the kind's lists have no merge keys that kubectl knows: of a custom resource. */
  readonly schema: SchemaRef | null;
}

const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

/** The part of an APIGroupDiscoveryList (apidiscovery.k8s.io/v2) that is read here. */
interface Discovered {
  readonly items?: readonly {
    readonly metadata?: { readonly name?: string };
    readonly versions?: readonly {
      readonly version: string;
      readonly resources?: readonly {
        readonly resource: string;
        readonly responseKind?: { readonly kind?: string };
        readonly scope?: string;
        readonly singularResource?: string;
      }[];
    }[];
  }[];
}

export function mappingOf(kind: AnyKind): Mapping {
  return kind.isCustom === true ? { ...partsOf(kind), schema: null } : kind;
}

function partsOf(kind: AnyKind): Omit<Mapping, 'schema'> {
  const { group, version, plural, singular, namespaced } = kind;
  return { group, version, kind: kind.kind, plural, singular, namespaced };
}

/** All kinds that the API server serves now; what |known| has is taken from there. */
export function* discover(
  known: readonly Mapping[],
): Generator<ApiRequest, readonly Mapping[], ApiResponse> {
  const answer = yield request('GET', '/apis', null, { accept: AGGREGATED });
  if (answer.code >= 300) return known;
  const served = (bodyOf(answer) as Discovered).items ?? [];
  const mappings = [...known];
  for (const { metadata, versions = [] } of served) {
    const group = metadata?.name ?? '';
    for (const { version, resources = [] } of versions) {
      for (const { resource, responseKind, scope, singularResource } of resources) {
        const kind = responseKind?.kind ?? '';
        if (kind === '' || findMapping(mappings, apiVersionText(group, version), kind)) continue;
        mappings.push({
          group,
          version,
          kind,
          plural: resource,
          singular: singularResource ?? '',
          namespaced: scope === 'Namespaced',
          schema: null,
        });
      }
    }
  }
  return mappings;
}

export function findMapping(
  mappings: readonly Mapping[],
  apiVersion: string,
  kind: string,
): Mapping | undefined {
  return mappings.find((m) => m.kind === kind && apiVersionText(m.group, m.version) === apiVersion);
}

function apiVersionText(group: string, version: string): string {
  return group === '' ? version : `${group}/${version}`;
}
