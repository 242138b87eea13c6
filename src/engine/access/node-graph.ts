/**
 * Which objects a node has to do with: its Pods, and what they refer to.
 *
 * Models:     plugin/pkg/auth/authorizer/node graph.go, graph_populator.go; pkg/api/v1/pod util.go
 *             VisitPodSecretNames and VisitPodConfigmapNames (v1.36)
 * Watches:    Pod; PersistentVolumeClaim, PersistentVolume, VolumeAttachment and ResourceSlice when asked
 * Simplified: references of a Pod are collected when first asked for; no DRA claims of extended
 *             resources, no PodCertificateRequests
 */
import type { Container, Pod } from '../../api/generated/types.ts';
import type { KubeObject } from '../../api/meta/object.ts';

const MIRROR = 'kubernetes.io/config.mirror';

/** `secret/NAME`, `configmap/NAME`, … of one Pod. */
type References = ReadonlySet<string>;

interface NodePod {
  readonly pod: Pod;
  references: References | null;
}

export class NodeGraph {
  /** Node → key of the Pod (`NAMESPACE/NAME`) → Pod. */
  readonly #pods = new Map<string, Map<string, NodePod>>();

  /** |now| = null: the Pod is gone. */
  onPod(now: KubeObject | null, before: KubeObject | null): void {
    const next = now as Pod | null;
    const old = before as Pod | null;
    const oldNode = old?.spec.nodeName ?? '';
    const node = next?.spec.nodeName ?? '';
    // Most writes are of the status: the spec is the same object.
    if (next && old && node === oldNode && next.spec === old.spec) return;
    if (oldNode !== '' && oldNode !== node && old) this.#pods.get(oldNode)?.delete(keyOf(old));
    if (node === '' || !next) return;
    let pods = this.#pods.get(node);
    if (!pods) this.#pods.set(node, (pods = new Map()));
    pods.set(keyOf(next), { pod: next, references: null });
  }

  hasPod(node: string, namespace: string, name: string): boolean {
    return this.#pods.get(node)?.has(`${namespace}/${name}`) ?? false;
  }

  /** Whether a Pod of |node| in |namespace| refers to |reference| (`secret/NAME`). */
  refersTo(node: string, namespace: string, reference: string): boolean {
    for (const entry of this.#pods.get(node)?.values() ?? []) {
      if (entry.pod.metadata.namespace !== namespace) continue;
      entry.references ??= referencesOf(entry.pod);
      if (entry.references.has(reference)) return true;
    }
    return false;
  }

  /** Names of the claims that Pods of |node| use, as `NAMESPACE/NAME`. */
  *claims(node: string): Iterable<string> {
    for (const entry of this.#pods.get(node)?.values() ?? []) {
      entry.references ??= referencesOf(entry.pod);
      for (const reference of entry.references) {
        if (reference.startsWith(CLAIM)) {
          yield `${entry.pod.metadata.namespace ?? ''}/${reference.slice(CLAIM.length)}`;
        }
      }
    }
  }
}

const CLAIM = 'claim/';

function keyOf({ metadata }: Pod): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

function referencesOf(pod: Pod): References {
  const found = new Set<string>();
  const { spec, metadata } = pod;
  // A mirror of a static Pod may refer to nothing.
  if (metadata.annotations?.[MIRROR] !== undefined) return found;
  const secret = (name: string | undefined): void => void (name && found.add(`secret/${name}`));
  const configMap = (name: string | undefined): void =>
    void (name && found.add(`configmap/${name}`));
  if (spec.serviceAccountName) found.add(`account/${spec.serviceAccountName}`);
  for (const { name } of spec.imagePullSecrets ?? []) secret(name);
  const containers = [
    ...(spec.initContainers ?? []),
    ...spec.containers,
    ...(spec.ephemeralContainers ?? []),
  ] as readonly Container[];
  for (const { env, envFrom } of containers) {
    for (const { secretRef, configMapRef } of envFrom ?? []) {
      secret(secretRef?.name);
      configMap(configMapRef?.name);
    }
    for (const { valueFrom } of env ?? []) {
      secret(valueFrom?.secretKeyRef?.name);
      configMap(valueFrom?.configMapKeyRef?.name);
    }
  }
  visitVolumes(pod, found, secret, configMap);
  for (const { resourceClaimName } of pod.status.resourceClaimStatuses ?? []) {
    if (resourceClaimName) found.add(`resourceclaim/${resourceClaimName}`);
  }
  for (const { resourceClaimName } of spec.resourceClaims ?? []) {
    if (resourceClaimName) found.add(`resourceclaim/${resourceClaimName}`);
  }
  return found;
}

type Visit = (name: string | undefined) => void;

function visitVolumes(
  { spec, metadata }: Pod,
  found: Set<string>,
  secret: Visit,
  config: Visit,
): void {
  for (const volume of spec.volumes ?? []) {
    secret(volume.secret?.secretName);
    config(volume.configMap?.name);
    secret(volume.azureFile?.secretName);
    secret(volume.cephfs?.secretRef?.name);
    secret(volume.cinder?.secretRef?.name);
    secret(volume.csi?.nodePublishSecretRef?.name);
    secret(volume.flexVolume?.secretRef?.name);
    secret(volume.iscsi?.secretRef?.name);
    secret(volume.rbd?.secretRef?.name);
    secret(volume.scaleIO?.secretRef?.name);
    secret(volume.storageos?.secretRef?.name);
    for (const source of volume.projected?.sources ?? []) {
      secret(source.secret?.name);
      config(source.configMap?.name);
    }
    const claim = volume.persistentVolumeClaim?.claimName;
    if (claim) found.add(CLAIM + claim);
    if (volume.ephemeral) found.add(`${CLAIM}${metadata.name}-${volume.name}`);
  }
}
