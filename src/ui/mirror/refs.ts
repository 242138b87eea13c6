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
