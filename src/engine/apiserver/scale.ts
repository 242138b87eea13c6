/**
 * The scale subresource: reading and writing the replicas of an object as an autoscaling/v1 Scale.
 *
 * Models: pkg/registry/apps/deployment/storage storage.go and its siblings,
 *         k8s.io/apimachinery/pkg/util/managedfields scalehandler.go (v1.36)
 */
import type { Scale } from '../../api/generated/types.ts';
import type { ScaleRules } from '../../api/meta/define-kind.ts';
import { FieldErrors } from '../../api/meta/field-errors.ts';
import { cloneJson } from '../../api/meta/json.ts';
import { foldWrite } from '../../api/meta/managed-fields.ts';
import { type ManagedState, readBack, toManagedFields } from '../../api/meta/managed-state.ts';
import { parentManagers, type ReplicasPath, scaleManagers } from '../../api/meta/managed-scale.ts';
import type { Draft, KubeObject } from '../../api/meta/object.ts';
import { badRequest, conflict, invalid, MODIFIED_MESSAGE } from '../../api/meta/status.ts';
import { applied, type AppliedDraft } from './apply.ts';
import type { Call } from './call.ts';
import { decodeBody } from './decode-body.ts';
import { type PatchTarget, patchObjectOf } from './patch.ts';
import type { ApiServer } from './server.ts';
import { managedState, type Stored } from './stored.ts';

const GROUP = 'autoscaling';
const SCALE: PatchTarget = {
  apiVersion: 'autoscaling/v1',
  kind: 'Scale',
  schema: 'io.k8s.api.autoscaling.v1.Scale',
};
const REPLICAS = ['f:spec', 'f:replicas'];

/** The Scale of a stored object. */
export function scaleOf(rules: ScaleRules<KubeObject>, object: KubeObject): KubeObject {
  return rules.toScale(object) as unknown as KubeObject;
}

/** The whole object with the replicas that the request wants, and who owns its fields then. */
export function scaled(
  server: ApiServer,
  call: Call,
  rules: ScaleRules<KubeObject>,
  stored: Stored,
  warnings: string[],
): AppliedDraft {
  const { kind } = call.resource;
  const pathIn: ReplicasPath = (apiVersion) => {
    const there = server.registry.ofKind(apiVersion, kind.kind)?.kind;
    if (!there) return undefined;
    return there.scale ? (there.scale.replicasPath ?? REPLICAS) : null;
  };
  const parent = readBack(managedState(stored.managed));
  const before: Before = {
    scale: scaleOf(rules, stored.object),
    state: scaleManagers(parent, pathIn),
  };
  const { scale, state } =
    call.patchType === 'apply'
      ? appliedScale(server, call, before, warnings)
      : writtenScale(server, call, before, warnings);
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
  const owners = parentManagers(parent, state, call.resource.apiVersion, pathIn);
  return { draft, state: owners };
}

/** The Scale as it is, and who owns its replicas. */
interface Before {
  readonly scale: KubeObject;
  readonly state: ManagedState;
}

interface After {
  readonly scale: Scale;
  readonly state: ManagedState;
}

function appliedScale(server: ApiServer, call: Call, before: Before, warnings: string[]): After {
  const live = { object: before.scale, state: before.state };
  const { draft, state } = applied(server, call, SCALE, live, undefined, warnings);
  const { name } = draft.metadata;
  if (name !== call.name) {
    const why = `does not match the name on the URL (${call.name})`;
    throw badRequest(`the name of the object (${name ?? ''}) ${why}`);
  }
  return { scale: draft as unknown as Scale, state };
}

function writtenScale(server: ApiServer, call: Call, before: Before, warnings: string[]): After {
  const scale = wantedScale(server, call, before, warnings);
  const state = foldWrite(before.state, {
    manager: call.options.fieldManager ?? call.caller.agent,
    operation: 'Update',
    subresource: call.subresource,
    apiVersion: SCALE.apiVersion,
    time: server.nowText,
    schema: SCALE.schema,
    before: before.scale,
    after: scale,
  });
  return { scale, state };
}

function wantedScale(server: ApiServer, call: Call, before: Before, warnings: string[]): Scale {
  if (call.verb === 'patch') {
    const managedFields = toManagedFields(before.state);
    const { metadata } = before.scale;
    const source = { ...before.scale, metadata: { ...metadata, managedFields } };
    const whole = { bare: source, whole: () => source };
    return patchObjectOf(server, call, SCALE, whole, warnings) as unknown as Scale;
  }
  return decodeBody(server, call, null, warnings, {
    bodyGroup: GROUP,
    bodyVersion: 'v1',
    bodyKind: SCALE.kind,
    bodySchema: SCALE.schema,
  }) as unknown as Scale;
}
