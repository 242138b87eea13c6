/**
 * The ServiceAccount admission plugin: names an account, mounts its token, checks references.
 *
 * Models:     plugin/pkg/admission/serviceaccount admission.go (v1.36)
 * Simplified: an account that is missing is not waited for: writes see every earlier write at once
 */
import type { Container, Pod, ServiceAccount, Volume } from '../../generated/types.ts';
import type { AdmissionContext, AdmissionPlugin } from '../../meta/define-kind.ts';
import { deepFreeze } from '../../meta/json.ts';
import type { Draft } from '../../meta/object.ts';
import type { ApiError } from '../../meta/status.ts';

const MIRROR = 'kubernetes.io/config.mirror';
const ENFORCE_SECRETS = 'kubernetes.io/enforce-mountable-secrets';
const TOKEN_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';
const TOKEN_VOLUME_PREFIX = 'kube-api-access-';
const TOKEN_SECONDS = 3607; // an hour, and seven seconds by which its origin is recognized
const FILE_MODE = 0o644;

type Refuse = (pod: Draft<Pod>, message: string) => ApiError;

export function serviceAccountPlugin(refuse: Refuse): AdmissionPlugin<Pod> {
  return {
    name: 'ServiceAccount',
    admit(pod, old, context) {
      if (old !== null || context.operation !== 'CREATE') return;
      if (pod.metadata.annotations?.[MIRROR] !== undefined) {
        checkMirrorPod(pod, refuse);
        return;
      }
      const { spec } = pod;
      const name = spec.serviceAccountName || 'default';
      spec.serviceAccountName = name;
      spec.serviceAccount = name;
      const account = accountOf(pod, name, context, refuse);
      const automount = spec.automountServiceAccountToken ?? account.automountServiceAccountToken;
      if (automount ?? true) mountToken(pod, context);
      if ((spec.imagePullSecrets ?? []).length === 0 && account.imagePullSecrets !== undefined) {
        spec.imagePullSecrets = account.imagePullSecrets.map((secret) => ({ ...secret }));
      }
      if (isTrue(account.metadata.annotations?.[ENFORCE_SECRETS])) {
        const problem = forbiddenReference(pod, account);
        if (problem !== undefined) throw refuse(pod, problem);
      }
    },
  };
}

/** What Go's strconv.ParseBool takes for true. */
function isTrue(text: string | undefined): boolean {
  return text !== undefined && ['1', 't', 'T', 'TRUE', 'true', 'True'].includes(text);
}

function accountOf(
  pod: Draft<Pod>,
  name: string,
  context: AdmissionContext,
  refuse: Refuse,
): ServiceAccount {
  const namespace = pod.metadata.namespace ?? '';
  const account = context.lookup('', 'serviceaccounts', namespace, name);
  if (account === undefined) {
    const looking = `error looking up service account ${namespace}/${name}`;
    throw refuse(pod, `${looking}: serviceaccount "${name}" not found`);
  }
  return account as unknown as ServiceAccount;
}

/** A mirror stands for a file on its node, where there are no secrets. */
function checkMirrorPod(pod: Draft<Pod>, refuse: Refuse): void {
  const { spec } = pod;
  if ((spec.serviceAccountName ?? '') !== '') {
    throw refuse(pod, 'a mirror pod may not reference service accounts');
  }
  const usesSecrets =
    (spec.imagePullSecrets ?? []).length > 0 ||
    [...(spec.initContainers ?? []), ...(spec.containers ?? [])].some(usesSecret) ||
    (spec.volumes ?? []).some((v) => v.secret || v.projected?.sources?.some((s) => s.secret));
  if (usesSecrets) throw refuse(pod, 'a mirror pod may not reference secrets');
  const usesToken = (spec.volumes ?? []).some((v) =>
    v.projected?.sources?.some((s) => s.serviceAccountToken),
  );
  if (usesToken) {
    throw refuse(pod, 'a mirror pod may not use ServiceAccountToken volume projections');
  }
}

function usesSecret({ env, envFrom }: Draft<Container>): boolean {
  const inEnv = env?.some((e) => e.valueFrom?.secretKeyRef !== undefined) === true;
  return inEnv || envFrom?.some((e) => e.secretRef !== undefined) === true;
}

function mountToken({ spec }: Draft<Pod>, context: AdmissionContext): void {
  const existing = spec.volumes?.find((v) => v.name.startsWith(TOKEN_VOLUME_PREFIX));
  const containers = [...(spec.initContainers ?? []), ...(spec.containers ?? [])].filter(
    (c) => !c.volumeMounts?.some((m) => m.mountPath === TOKEN_PATH),
  );
  if (containers.length === 0) return;
  const name = existing?.name ?? TOKEN_VOLUME_PREFIX + context.random(5);
  for (const container of containers) {
    (container.volumeMounts ??= []).push({ name, readOnly: true, mountPath: TOKEN_PATH });
  }
  if (existing === undefined) (spec.volumes ??= []).push(tokenVolume(name));
}

/** The same in every Pod: all of them share it. */
const TOKEN_SOURCES = deepFreeze({
  sources: [
    { serviceAccountToken: { expirationSeconds: TOKEN_SECONDS, path: 'token' } },
    { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
    {
      downwardAPI: {
        items: [
          { path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } },
        ],
      },
    },
  ],
  defaultMode: FILE_MODE,
});

function tokenVolume(name: string): Draft<Volume> {
  return { name, projected: TOKEN_SOURCES };
}

/** Upstream limitSecretReferences: only secrets that the account lists. */
function forbiddenReference({ spec }: Draft<Pod>, account: ServiceAccount): string | undefined {
  const by = `is not allowed because service account ${account.metadata.name} does not reference that`;
  const secrets = new Set((account.secrets ?? []).map((s) => s.name));
  for (const { secret } of spec.volumes ?? []) {
    const name = secret?.secretName;
    if (secret === undefined || secrets.has(name)) continue;
    return `volume with secret.secretName="${name ?? ''}" ${by} secret`;
  }
  const lists = [
    ['init container', spec.initContainers],
    ['container', spec.containers],
  ] as const;
  for (const [what, containers] of lists) {
    for (const container of containers ?? []) {
      for (const variable of container.env ?? []) {
        const ref = variable.valueFrom?.secretKeyRef;
        if (ref === undefined || secrets.has(ref.name)) continue;
        const where = `${what} ${container.name} with envVar ${variable.name} referencing`;
        return `${where} secret.secretName="${ref.name ?? ''}" ${by} secret`;
      }
      for (const { secretRef } of container.envFrom ?? []) {
        if (secretRef === undefined || secrets.has(secretRef.name)) continue;
        const where = `${what} ${container.name} with envFrom referencing`;
        return `${where} secret.secretName="${secretRef.name ?? ''}" ${by} secret`;
      }
    }
  }
  const pullSecrets = new Set((account.imagePullSecrets ?? []).map((s) => s.name));
  const i = (spec.imagePullSecrets ?? []).findIndex((s) => !pullSecrets.has(s.name));
  if (i < 0) return undefined;
  const name = spec.imagePullSecrets?.[i]?.name ?? '';
  return `imagePullSecrets[${i}].name="${name}" ${by} imagePullSecret`;
}
