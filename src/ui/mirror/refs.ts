/** Object references `Kind/namespace/name`, taken apart and put into words. */

export interface RefParts {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

export function refParts(ref: string): RefParts {
  const [kind = '', namespace = '', ...rest] = ref.split('/');
  return { kind, namespace, name: rest.join('/') };
}

/** `Pod web-x2kqp`; the namespace only when it is not `default`. */
export function refWords(ref: string): string {
  const { kind, namespace, name } = refParts(ref);
  if (name === '') return ref;
  return namespace === '' || namespace === 'default'
    ? `${kind} ${name}`
    : `${kind} ${namespace}/${name}`;
}

/** Node of a component of a node (`kubelet/node-1`), or null. */
export function nodeOfComponent(component: string): string | null {
  const slash = component.indexOf('/');
  return slash < 0 ? null : component.slice(slash + 1);
}

/** Static Pods of the control plane are named after what runs in them and their machine. */
const STATIC_POD = 'Pod/kube-system/';
const COMPONENTS = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'];

/** The static Pod that a component of the control plane runs in, if it runs in one. */
export function podOfComponent(pods: readonly string[], component: string): string | undefined {
  if (!COMPONENTS.includes(component)) return undefined;
  return pods.find((ref) => ref.startsWith(`${STATIC_POD}${component}-`));
}

/** The component of the control plane that runs in a Pod, or null. */
export function componentOfPod(ref: string): string | null {
  if (!ref.startsWith(STATIC_POD)) return null;
  const name = ref.slice(STATIC_POD.length);
  return COMPONENTS.find((component) => name.startsWith(`${component}-`)) ?? null;
}

const SYSTEM = '/kube-system/';

/** It belongs to the cluster itself. */
export function isSystem(ref: string): boolean {
  return ref.includes(SYSTEM);
}
