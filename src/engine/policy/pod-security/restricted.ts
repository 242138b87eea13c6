/**
 * The checks of level restricted: what a hardened Pod must say of itself.
 *
 * Models: k8s.io/pod-security-admission policy check_{allowPrivilegeEscalation,
 *         capabilities_restricted,procMount_restricted,restrictedVolumes,runAsNonRoot,runAsUser,
 *         seccompProfile_restricted}.go (v1.36)
 */
import type { PodSpec, Volume } from '../../../api/generated/types.ts';
import { addedCapabilities, procMount, seccomp } from './baseline.ts';
import {
  type Check,
  type CheckPod,
  containersText,
  hasOwnUsers,
  joinQuoted,
  namesWhere,
  plural,
  settersText,
  sorted,
} from './check.ts';

const privilegeEscalation: CheckPod = (_metadata, spec) => {
  const bad = namesWhere(spec, (c) => c.securityContext?.allowPrivilegeEscalation !== false);
  if (bad.length === 0) return null;
  return {
    reason: 'allowPrivilegeEscalation != false',
    detail: `${containersText(bad)} must set securityContext.allowPrivilegeEscalation=false`,
  };
};

const NET_BIND_SERVICE: ReadonlySet<string> = new Set(['NET_BIND_SERVICE']);

const capabilities: CheckPod = (_metadata, spec) => {
  const keeping = namesWhere(
    spec,
    (c) => c.securityContext?.capabilities?.drop?.includes('ALL') !== true,
  );
  const details: string[] = [];
  if (keeping.length > 0) {
    details.push(`${containersText(keeping)} must set securityContext.capabilities.drop=["ALL"]`);
  }
  const added = addedCapabilities(spec, NET_BIND_SERVICE);
  if (added !== null) details.push(added);
  if (details.length === 0) return null;
  return { reason: 'unrestricted capabilities', detail: details.join('; ') };
};

const ALLOWED_VOLUMES = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
] as const satisfies readonly (keyof Volume)[];

/** In the order in which upstream looks for them. */
const OTHER_VOLUMES = [
  'hostPath',
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'gitRepo',
  'nfs',
  'iscsi',
  'glusterfs',
  'rbd',
  'flexVolume',
  'cinder',
  'cephfs',
  'flocker',
  'fc',
  'azureFile',
  'vsphereVolume',
  'quobyte',
  'azureDisk',
  'photonPersistentDisk',
  'portworxVolume',
  'scaleIO',
  'storageos',
] as const satisfies readonly (keyof Volume)[];

const volumes: CheckPod = (_metadata, spec) => {
  const bad: string[] = [];
  const types = new Set<string>();
  for (const volume of spec.volumes ?? []) {
    if (ALLOWED_VOLUMES.some((type) => volume[type] !== undefined)) continue;
    bad.push(volume.name);
    types.add(OTHER_VOLUMES.find((type) => volume[type] !== undefined) ?? 'unknown');
  }
  if (bad.length === 0) return null;
  const who = `${plural('volume', 'volumes', bad.length)} ${joinQuoted(bad)}`;
  const uses = plural('uses', 'use', bad.length);
  const what = plural('restricted volume type', 'restricted volume types', types.size);
  return {
    reason: 'restricted volume types',
    detail: `${who} ${uses} ${what} ${joinQuoted(sorted(types))}`,
  };
};

const nonRoot: CheckPod = (_metadata, spec) => {
  const reason = 'runAsNonRoot != true';
  const ofPod = spec.securityContext?.runAsNonRoot;
  const explicit = namesWhere(spec, (c) => c.securityContext?.runAsNonRoot === false);
  const setters = settersText(ofPod === false, explicit);
  if (setters !== null) {
    return { reason, detail: `${setters} must not set securityContext.runAsNonRoot=false` };
  }
  if (ofPod === true) return null;
  const implicit = namesWhere(spec, (c) => c.securityContext?.runAsNonRoot === undefined);
  if (implicit.length === 0) return null;
  const who = `pod or ${containersText(implicit)}`;
  return { reason, detail: `${who} must set securityContext.runAsNonRoot=true` };
};

const notUserZero: CheckPod = (_metadata, spec) => {
  const bad = namesWhere(spec, (c) => c.securityContext?.runAsUser === 0);
  const setters = settersText(spec.securityContext?.runAsUser === 0, bad);
  if (setters === null) return null;
  return { reason: 'runAsUser=0', detail: `${setters} must not set runAsUser=0` };
};

const seccompRequired: CheckPod = (metadata, spec) => {
  const wrong = seccomp(metadata, spec);
  if (wrong !== null || spec.securityContext?.seccompProfile !== undefined) return wrong;
  const implicit = namesWhere(spec, (c) => c.securityContext?.seccompProfile === undefined);
  if (implicit.length === 0) return null;
  const who = `pod or ${containersText(implicit)}`;
  const types = '"RuntimeDefault" or "Localhost"';
  return {
    reason: 'seccompProfile',
    detail: `${who} must set securityContext.seccompProfile.type to ${types}`,
  };
};

const unless =
  (isFree: (spec: PodSpec) => boolean, run: CheckPod): CheckPod =>
  (metadata, spec) =>
    isFree(spec) ? null : run(metadata, spec);

const isWindows = (spec: PodSpec): boolean => spec.os?.name === 'windows';

const restricted = (id: string, ...versions: Check['versions']): Check => ({
  id,
  level: 'restricted',
  versions,
});

export const restrictedChecks: readonly Check[] = [
  restricted(
    'allowPrivilegeEscalation',
    { from: 8, run: privilegeEscalation },
    { from: 25, run: unless(isWindows, privilegeEscalation) },
  ),
  restricted(
    'capabilities_restricted',
    { from: 22, run: capabilities, overrides: ['capabilities_baseline'] },
    { from: 25, run: unless(isWindows, capabilities), overrides: ['capabilities_baseline'] },
  ),
  restricted('procMount_restricted', { from: 35, run: procMount, overrides: ['procMount'] }),
  restricted('restrictedVolumes', { from: 0, run: volumes, overrides: ['hostPathVolumes'] }),
  restricted(
    'runAsNonRoot',
    { from: 0, run: nonRoot },
    { from: 35, run: unless(hasOwnUsers, nonRoot) },
  ),
  restricted(
    'runAsUser',
    { from: 23, run: notUserZero },
    { from: 35, run: unless(hasOwnUsers, notUserZero) },
  ),
  restricted(
    'seccompProfile_restricted',
    { from: 19, run: seccompRequired, overrides: ['seccompProfile_baseline'] },
    {
      from: 25,
      run: unless(isWindows, seccompRequired),
      overrides: ['seccompProfile_baseline'],
    },
  ),
];
