/**
 * The scale subresource: reading and writing the replicas of an object as an autoscaling/v1 Scale.
 *
 * Models: pkg/registry/apps/deployment/storage storage.go and its siblings,
 *         k8s.io/apimachinery/pkg/util/managedfields scalehandler.go (v1.36)
 */
import type { ManagedFieldsEntry, Scale } from '../../api/generated/types.ts';
import type { ScaleRules } from '../../api/meta/define-kind.ts';
import { FieldErrors } from '../../api/meta/field-errors.ts';
import { cloneJson } from '../../api/meta/json.ts';
import type { Draft, KubeObject } from '../../api/meta/object.ts';
import { conflict, invalid, MODIFIED_MESSAGE } from '../../api/meta/status.ts';
import type { Call } from './call.ts';
import { decodeBody } from './decode-body.ts';
import { type PatchTarget, patchObjectOf } from './patch.ts';
import type { ApiServer } from './server.ts';
import { type Stored, withManagedFields } from './stored.ts';

const GROUP = 'autoscaling';
const SCALE: PatchTarget = {
  apiVersion: 'autoscaling/v1',
  kind: 'Scale',
  schema: 'io.k8s.api.autoscaling.v1.Scale',
};
const REPLICAS = { 'f:spec': { 'f:replicas': {} } };

/** The Scale of a stored object, with who owns its replicas. */
export function scaleOf(rules: ScaleRules<KubeObject>, stored: Stored): KubeObject {
  const scale = rules.toScale(stored.object) as unknown as KubeObject;
  const entries = withManagedFields(stored).metadata.managedFields ?? [];
  const managedFields = entries.filter(ownsReplicas).map((entry) => ({
    ...entry,
    apiVersion: SCALE.apiVersion,
    fieldsV1: REPLICAS,
  }));
  if (managedFields.length === 0) return scale;
  return { ...scale, metadata: { ...scale.metadata, managedFields } };
}

function ownsReplicas({ fieldsV1 }: ManagedFieldsEntry): boolean {
  const spec = fieldsV1?.['f:spec'];
  return typeof spec === 'object' && spec !== null && 'f:replicas' in spec;
}

/** The whole object with the replicas that the request wants. */
export function scaledDraft(
  server: ApiServer,
  call: Call,
  rules: ScaleRules<KubeObject>,
  stored: Stored,
  warnings: string[],
): Draft<KubeObject> {
  const scale = wantedScale(server, call, rules, stored, warnings);
  const { name } = stored.object.metadata;
  const errors = new FieldErrors();
  rules.validateScale(scale, errors);
  if (!errors.none) throw invalid({ group: GROUP, kind: SCALE.kind }, name, errors.list);
  const wanted = scale.metadata?.resourceVersion;
  if (wanted && wanted !== stored.object.metadata.resourceVersion) {
    throw conflict(call.resource, name, MODIFIED_MESSAGE);
  }
  const draft = cloneJson(stored.object) as Draft<KubeObject>;
  rules.applyScale(draft, scale);
  return draft;
}

function wantedScale(
  server: ApiServer,
  call: Call,
  rules: ScaleRules<KubeObject>,
  stored: Stored,
  warnings: string[],
): Scale {
  if (call.verb === 'patch') {
    const source = scaleOf(rules, stored);
    return patchObjectOf(server, call, SCALE, source, warnings) as unknown as Scale;
  }
  return decodeBody(server, call, null, warnings, {
    bodyGroup: GROUP,
    bodyVersion: 'v1',
    bodyKind: SCALE.kind,
    bodySchema: SCALE.schema,
  }) as unknown as Scale;
}
