/**
 * Token controller: fills Secrets of type kubernetes.io/service-account-token, and deletes them with
 * their ServiceAccount.
 *
 * Models:     pkg/controller/serviceaccount/tokens_controller.go, pkg/serviceaccount legacy.go (v1.36)
 * Watches:    Secret (primary), ServiceAccount
 * Writes:     Secret update and delete; ServiceAccount update (drops the name of a deleted Secret)
 * Simplified: nothing known
 */
import { Secret } from '../../api/kinds/secret.ts';
import { ServiceAccount } from '../../api/kinds/service-account.ts';
import { setOwn } from '../../api/meta/json-text.ts';
import { keyFor, keyOf, type ObjectKey, splitKey } from '../../api/meta/object.ts';
import { accountUserName, LEGACY_ISSUER } from '../../api/meta/service-account-names.ts';
import { isApiError } from '../../api/meta/status.ts';
import { encodeBase64 } from '../../api/meta/utf8.ts';
import type { Proc } from '../../kernel/process.ts';
import { clusterAuthority, tokenKey } from '../client/authority.ts';
import {
  type ControllerContext,
  type ControllerDefinition,
  defineController,
} from '../client/controller.ts';

const TYPE = 'kubernetes.io/service-account-token';
const NAME = 'kubernetes.io/service-account.name';
const UID = 'kubernetes.io/service-account.uid';
const CLAIM = 'kubernetes.io/serviceaccount/';
const WORKERS = 5; // --concurrent-serviceaccount-token-syncs

export function serviceAccountTokenController(): ControllerDefinition<Secret> {
  return defineController<Secret>({
    name: 'serviceaccount-token-controller',
    asManager: true,
    primary: Secret,
    ownHandlers: true,
    workers: WORKERS,
    start: watch,
    reconcile: sync,
  });
}

function isToken(secret: Secret): boolean {
  return secret.type === TYPE;
}

function watch(context: ControllerContext): void {
  const { informers, queue } = context;
  const secrets = informers.for(Secret);
  const wake = (secret: Secret): void => {
    if (isToken(secret)) queue.add(keyOf(secret));
  };
  secrets.addHandler({ onAdd: wake, onUpdate: wake, onDelete: wake });
  informers.for(ServiceAccount).addHandler({
    onDelete: (account) => {
      for (const secret of secrets.all()) {
        const { namespace, annotations } = secret.metadata;
        if (namespace !== account.metadata.namespace || !isToken(secret)) continue;
        if (annotations?.[NAME] === account.metadata.name) queue.add(keyOf(secret));
      }
    },
  });
}

function* sync(key: ObjectKey, context: ControllerContext): Proc {
  const secret = context.get(Secret, key);
  if (!secret) return yield* dropReferences(key, context);
  const { namespace = '', name, uid, annotations } = secret.metadata;
  const accountName = annotations?.[NAME] ?? '';
  const account = yield* accountOf(namespace, accountName, annotations?.[UID], context);
  context.note(`token of ${accountName} in ${name}`, secret.data?.['token'] ? 'it' : 'none');
  if (account) return yield* fill(secret, account, context);
  try {
    yield* context.client.delete(Secret, namespace, name, { uid });
  } catch (error) {
    // It is gone, or another one has its name.
    if (!isApiError(error, 'NotFound') && !isApiError(error, 'Conflict')) throw error;
  }
}

function* accountOf(
  namespace: string,
  name: string,
  uid: string | undefined,
  context: ControllerContext,
): Proc<ServiceAccount | null> {
  const isRight = (account: ServiceAccount): boolean => !uid || account.metadata.uid === uid;
  const cached = context.get(ServiceAccount, keyFor(namespace, name));
  if (cached && isRight(cached)) return cached;
  try {
    const live = yield* context.client.get(ServiceAccount, namespace, name);
    return isRight(live) ? live : null;
  } catch (error) {
    if (isApiError(error, 'NotFound')) return null;
    throw error;
  }
}

function* fill(secret: Secret, account: ServiceAccount, context: ControllerContext): Proc {
  const next = filled(secret, account, context);
  if (!next) return;
  try {
    yield* context.client.update(Secret, next);
  } catch (error) {
    // Somebody else was quicker: there will be news of it.
    if (!isApiError(error, 'NotFound') && !isApiError(error, 'Conflict')) throw error;
  }
}

/** |secret| with what is missing; null when nothing is. */
function filled(
  secret: Secret,
  { metadata: { name, uid } }: ServiceAccount,
  { kernel }: ControllerContext,
): Secret | null {
  const authority = encodeBase64(clusterAuthority(kernel).certificate);
  const { namespace = '' } = secret.metadata;
  const data = { ...secret.data };
  const needsAuthority = data['ca.crt'] !== authority;
  const needsNamespace = !data['namespace'];
  const needsToken = !data['token'];
  if (!needsAuthority && !needsNamespace && !needsToken) return null;
  if (needsAuthority) setOwn(data, 'ca.crt', authority);
  if (needsNamespace) setOwn(data, 'namespace', encodeBase64(namespace));
  if (needsToken) {
    const token = tokenKey(kernel).sign({
      iss: LEGACY_ISSUER,
      [`${CLAIM}namespace`]: namespace,
      [`${CLAIM}secret.name`]: secret.metadata.name,
      [`${CLAIM}service-account.name`]: name,
      [`${CLAIM}service-account.uid`]: uid,
      sub: accountUserName(namespace, name),
    });
    setOwn(data, 'token', encodeBase64(token));
  }
  const annotations = { ...secret.metadata.annotations, [NAME]: name, [UID]: uid };
  return { ...secret, metadata: { ...secret.metadata, annotations }, data };
}

/** ServiceAccounts that name a Secret which is no more. */
function* dropReferences(key: ObjectKey, context: ControllerContext): Proc {
  const { namespace, name } = splitKey(key);
  for (const account of context.informers.for(ServiceAccount).all()) {
    if (account.metadata.namespace !== namespace) continue;
    const secrets = (account.secrets ?? []).filter((ref) => ref.name !== name);
    if (secrets.length === (account.secrets ?? []).length) continue;
    yield* context.client.update(ServiceAccount, { ...account, secrets });
  }
}
