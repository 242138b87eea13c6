/**
 * Root CA publisher: puts the ConfigMap kube-root-ca.crt, with the certificate that clients inside
 * the cluster trust, into every namespace.
 *
 * Models:     kubernetes pkg/controller/certificates/rootcacertpublisher/publisher.go (v1.36)
 * Watches:    Namespace (primary), ConfigMap
 * Writes:     ConfigMap create, update
 * Simplified: nothing known
 */
import { ConfigMap } from '../../api/kinds/config-map.ts';
import { Namespace } from '../../api/kinds/namespace.ts';
import { equalJson } from '../../api/meta/json.ts';
import { keyFor } from '../../api/meta/object.ts';
import { hasStatusCause, isApiError } from '../../api/meta/status.ts';
import type { Proc } from '../../kernel/process.ts';
import { clusterAuthority } from '../client/authority.ts';
import {
  type ControllerContext,
  type ControllerDefinition,
  defineController,
} from '../client/controller.ts';

const NAME = 'kube-root-ca.crt';
const DESCRIPTION = 'kubernetes.io/description';
const DESCRIPTION_TEXT =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. ' +
  'No other usage is guaranteed across distributions of Kubernetes clusters.';

export function rootCaCertPublisher(): ControllerDefinition<Namespace> {
  return defineController<Namespace>({
    name: 'root-ca-cert-publisher',
    primary: Namespace,
    ownHandlers: true,
    workers: 1,
    start: watch,
    reconcile: publish,
  });
}

function watch({ informers, queue }: ControllerContext): void {
  informers.for(Namespace).addHandler({
    onAdd: (namespace) => queue.add(namespace.metadata.name),
    onUpdate: (namespace) => {
      if (namespace.status.phase === 'Active') queue.add(namespace.metadata.name);
    },
  });
  const wake = (configMap: ConfigMap): void => {
    if (configMap.metadata.name === NAME) queue.add(configMap.metadata.namespace ?? '');
  };
  informers.for(ConfigMap).addHandler({ onUpdate: wake, onDelete: wake });
}

function* publish(namespace: string, context: ControllerContext): Proc {
  const configMap = context.get(ConfigMap, keyFor(namespace, NAME));
  const described = (configMap?.metadata.annotations?.[DESCRIPTION] ?? '') !== '';
  const data = { 'ca.crt': clusterAuthority(context.kernel).certificate };
  const upToDate = configMap !== undefined && described && equalJson(configMap.data, data);
  context.note(
    `${NAME} in ${namespace}`,
    configMap === undefined ? 'none' : upToDate ? 'it' : 'another',
  );
  if (upToDate) return;
  if (configMap) {
    const annotations = { ...configMap.metadata.annotations, [DESCRIPTION]: DESCRIPTION_TEXT };
    const metadata = { ...configMap.metadata, annotations };
    yield* context.client.update(ConfigMap, { ...configMap, metadata, data });
    return;
  }
  try {
    yield* context.client.create(ConfigMap, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: NAME, namespace, annotations: { [DESCRIPTION]: DESCRIPTION_TEXT } },
      data,
    });
  } catch (error) {
    // In a namespace that is gone or going there is nothing to publish.
    if (!isApiError(error, 'NotFound') && !hasStatusCause(error, 'NamespaceTerminating'))
      throw error;
  }
}
