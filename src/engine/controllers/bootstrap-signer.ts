/**
 * Bootstrap signer: signs the ConfigMap cluster-info with every token that is meant for it, so that a
 * new node can trust what it reads there.
 *
 * Models:     kubernetes pkg/controller/bootstrap bootstrapsigner.go (v1.36). Off by default, on in
 *             clusters that kubeadm makes
 * Watches:    ConfigMap (kube-public/cluster-info), Secret (bootstrap tokens of kube-system)
 * Writes:     ConfigMap update
 */
import { ConfigMap } from '../../api/kinds/config-map.ts';
import { Secret } from '../../api/kinds/secret.ts';
import {
  detachedSignature,
  isBootstrapToken,
  signingToken,
} from '../../api/meta/bootstrap-tokens.ts';
import { equalJson } from '../../api/meta/json.ts';
import { keyFor, keyOf } from '../../api/meta/object.ts';
import { isApiError } from '../../api/meta/status.ts';
import type { Proc } from '../../kernel/process.ts';
import {
  type ControllerContext,
  type ControllerDefinition,
  defineController,
} from '../client/controller.ts';

const KEY = keyFor('kube-public', 'cluster-info');
const TOKENS = 'kube-system';
const CONTENT = 'kubeconfig';
const SIGNATURE = 'jws-kubeconfig-';

export function bootstrapSignerController(): ControllerDefinition<ConfigMap> {
  return defineController<ConfigMap>({
    name: 'bootstrap-signer-controller',
    serviceAccount: 'bootstrap-signer',
    primary: ConfigMap,
    ownHandlers: true,
    workers: 1,
    start({ informers, queue }) {
      const wake = (configMap: ConfigMap): void => {
        if (keyOf(configMap) === KEY) queue.add(KEY);
      };
      informers.for(ConfigMap).addHandler({ onAdd: wake, onUpdate: wake });
      const sign = (secret: Secret): void => {
        if (isBootstrapToken(secret) && secret.metadata.namespace === TOKENS) queue.add(KEY);
      };
      informers.for(Secret).addHandler({ onAdd: sign, onUpdate: sign, onDelete: sign });
    },
    reconcile,
  });
}

function* reconcile(_key: string, context: ControllerContext): Proc {
  const configMap = context.get(ConfigMap, KEY);
  if (!configMap) return;
  const data = signedData(configMap, context.informers.for(Secret).all(), context.kernel.nowMs);
  if (!data || equalJson(data, configMap.data)) return;
  try {
    yield* context.client.update(ConfigMap, { ...configMap, data });
  } catch (error) {
    // A newer one wakes it again.
    if (!isApiError(error, 'Conflict') && !isApiError(error, 'NotFound')) throw error;
  }
}

/** Pure: the data with one signature for each token that may sign; null: there is nothing to sign. */
export function signedData(
  { data = {} }: ConfigMap,
  secrets: Iterable<Secret>,
  nowMs: number,
): Readonly<Record<string, string>> | null {
  const content = data[CONTENT];
  if (content === undefined) return null;
  const signed: Record<string, string> = {};
  for (const [key, value] of Object.entries(data)) {
    if (!key.startsWith(SIGNATURE)) signed[key] = value;
  }
  for (const secret of secrets) {
    if (!isBootstrapToken(secret) || secret.metadata.namespace !== TOKENS) continue;
    const token = signingToken(secret, nowMs);
    if (token) signed[SIGNATURE + token.id] = detachedSignature(content, token);
  }
  return signed;
}
