/**
 * Fields behind feature gates that are off by default in 1.36: the API server takes them away
 * without a word, unless the stored object has them already.
 *
 * Models: pkg/api/pod util.go, dropDisabledFields (v1.36)
 */
import type { PodSpec, PodStatus } from '../../generated/types.ts';
import type { Draft } from '../../meta/object.ts';

/** In place. Every kind with a pod template calls it in prepareForCreate and prepareForUpdate. */
export function dropDisabledPodFields(spec: Draft<PodSpec>, old: PodSpec | undefined): void {
  // ClusterTrustBundleProjection, PodCertificateRequest
  for (const field of ['clusterTrustBundle', 'podCertificate'] as const) {
    if (usesProjection(old, field)) continue;
    for (const volume of spec.volumes ?? []) {
      for (const source of volume.projected?.sources ?? []) delete source[field];
    }
  }
  // GenericWorkload
  if (old?.schedulingGroup === undefined) delete spec.schedulingGroup;
  dropStopSignals(spec, old);
}

const STATUS_LISTS = [
  'containerStatuses',
  'initContainerStatuses',
  'ephemeralContainerStatuses',
] as const;

/** In place: the same for what a status says. */
export function dropDisabledStatusFields(status: Draft<PodStatus>, old: PodStatus): void {
  // ImageVolumeWithDigest
  if (!usesVolumeStatus(old)) {
    for (const field of STATUS_LISTS) {
      for (const container of status[field] ?? []) {
        for (const mount of container.volumeMounts ?? []) delete mount.volumeStatus;
      }
    }
  }
  // DRANodeAllocatableResources
  if ((old.nodeAllocatableResourceClaimStatuses ?? []).length > 0) return;
  delete status.nodeAllocatableResourceClaimStatuses;
}

function usesVolumeStatus(status: PodStatus): boolean {
  return STATUS_LISTS.some((field) =>
    status[field]?.some((c) => c.volumeMounts?.some((m) => m.volumeStatus !== undefined)),
  );
}

function usesProjection(
  spec: PodSpec | undefined,
  field: 'clusterTrustBundle' | 'podCertificate',
): boolean {
  return (spec?.volumes ?? []).some((v) => v.projected?.sources?.some((s) => s[field]));
}

/** ContainerStopSignals */
function dropStopSignals(spec: Draft<PodSpec>, old: PodSpec | undefined): void {
  if (containersOf(old).some((c) => c.lifecycle?.stopSignal !== undefined)) return;
  for (const container of containersOf(spec)) {
    const { lifecycle } = container;
    if (lifecycle?.stopSignal === undefined) continue;
    delete lifecycle.stopSignal;
    if (Object.keys(lifecycle).length === 0) delete container.lifecycle;
  }
}

interface WithLifecycle {
  lifecycle?: { stopSignal?: string };
}

function containersOf(spec: PodSpec | Draft<PodSpec> | undefined): readonly WithLifecycle[] {
  const { initContainers, containers, ephemeralContainers } = spec ?? {};
  return [
    ...(initContainers ?? []),
    ...(containers ?? []),
    ...(ephemeralContainers ?? []),
  ] as readonly WithLifecycle[];
}
