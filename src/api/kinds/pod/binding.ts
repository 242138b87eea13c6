/**
 * The binding subresource: puts a Pod on a node.
 *
 * Models: pkg/registry/core/pod/storage storage.go, BindingREST; plugin/pkg/admission/
 *         podtopologylabels (v1.36)
 */
import type { Binding, Pod, PodCondition } from '../../generated/types.ts';
import type { AdmissionContext, SubresourceAction } from '../../meta/define-kind.ts';
import { FieldErrors } from '../../meta/field-errors.ts';
import type { Draft } from '../../meta/object.ts';
import { badRequest, conflict, failure } from '../../meta/status.ts';
import { topologyLabels } from './admission.ts';

const PODS = { group: '', plural: 'pods' };
const PODS_BINDING = { group: '', plural: 'pods/binding' };

function validateTarget({ kind = '', name = '' }: Binding['target']): void {
  const errors = new FieldErrors();
  if (kind !== '' && kind !== 'Node') errors.notSupported('target.kind', kind, ['Node', '<empty>']);
  if (name === '') errors.required('target.name');
  if (errors.none) return;
  const texts = errors.list.map((e) => `${e.field}: ${e.message}`);
  // Upstream forgets to make a Status of these, so they come out as internal errors.
  throw failure(500, '', texts.length === 1 ? (texts[0] ?? '') : `[${texts.join(', ')}]`);
}

/** Upstream GuaranteedUpdate's preconditions. */
function checkPreconditions(binding: Binding, pod: Draft<Pod>): void {
  const { uid = '', resourceVersion = '' } = binding.metadata ?? {};
  const check = (what: string, wanted: string, is: string): void => {
    if (wanted === '' || wanted === is) return;
    const { name, namespace } = pod.metadata;
    throw conflict(
      PODS,
      name,
      `StorageError: invalid object, Code: 4, Key: /registry/pods/${namespace}/${name}, ` +
        'ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: ' +
        `${what} in precondition: ${wanted}, ${what} in object meta: ${is}`,
    );
  };
  check('UID', uid, pod.metadata.uid);
  check('ResourceVersion', resourceVersion, pod.metadata.resourceVersion);
}

function checkUnbound(pod: Draft<Pod>): void {
  const { name, deletionTimestamp } = pod.metadata;
  const refuse = (text: string): never => {
    throw conflict(PODS_BINDING, name, text);
  };
  if (deletionTimestamp !== undefined) {
    refuse(`pod ${name} is being deleted, cannot be assigned to a host`);
  }
  const node = pod.spec.nodeName ?? '';
  if (node !== '') refuse(`pod ${name} is already assigned to node "${node}"`);
  if ((pod.spec.schedulingGates ?? []).length > 0) {
    refuse(`pod ${name} has non-empty .spec.schedulingGates`);
  }
}

/** Upstream UpdatePodCondition: the time of the last change stays while the status does. */
function setScheduled(pod: Draft<Pod>, now: string): void {
  const conditions = [...(pod.status.conditions ?? [])];
  const i = conditions.findIndex((c) => c.type === 'PodScheduled');
  const known = conditions[i];
  const since = known?.status === 'True' ? known.lastTransitionTime : now;
  const condition = {
    type: 'PodScheduled',
    status: 'True',
    // Never set by anything, yet always written.
    lastProbeTime: null as unknown as string,
    lastTransitionTime: since ?? now,
  } as Draft<PodCondition>;
  if (i < 0) conditions.push(condition);
  else conditions[i] = condition;
  pod.status.conditions = conditions;
}

export const podBinding: SubresourceAction<Pod> = {
  bodyGroup: '',
  bodyVersion: 'v1',
  bodyKind: 'Binding',
  bodySchema: 'io.k8s.api.core.v1.Binding',
  create(body, pod, context: AdmissionContext) {
    const binding = body as unknown as Binding;
    const { annotations = {}, labels = {}, name } = binding.metadata ?? {};
    if (name !== pod.metadata.name) {
      throw badRequest('name in URL does not match name in Binding object');
    }
    validateTarget(binding.target ?? {});
    checkPreconditions(binding, pod);
    checkUnbound(pod);
    const node = binding.target.name ?? '';
    pod.spec.nodeName = node;
    delete pod.status.nominatedNodeName;
    if (Object.keys(annotations).length > 0) {
      pod.metadata.annotations = { ...pod.metadata.annotations, ...annotations };
    }
    const copied = binding.target.kind === 'Node' ? topologyLabels(node, context) : {};
    const all = Object.assign({}, labels, copied);
    if (Object.keys(all).length > 0) {
      pod.metadata.labels = Object.assign({}, pod.metadata.labels, all);
    }
    setScheduled(pod, context.now);
    return { changed: true, answer: undefined };
  },
};
