/**
 * How a claim finds its volume: claim, class, binder or provisioner, volume, attachment, node, Pod, as
 * far as each is there, and why it goes no further.
 */
import type {
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  StorageClass,
  VolumeAttachment,
} from '../../../api/generated/types.ts';
import { type KubeObject, objectRef } from '../../../api/meta/object.ts';
import { isPodTerminal } from '../../../api/meta/pod-state.ts';
import type {
  BindingLink,
  BindingRole,
  BindingWait,
  BindingWorkings,
} from '../../../port/protocol-workings.ts';
import type { Definition, Keeps, World } from './world.ts';

const MAX_CHAINS = 20;
const NO_PROVISIONER = 'kubernetes.io/no-provisioner';
const SELECTED_NODE = 'volume.kubernetes.io/selected-node';
const PROVISIONED_BY = 'pv.kubernetes.io/provisioned-by';

/** Small kinds are kept whole: volumes come to a claim and go, and classes hang on no namespace. */
const SMALL: ReadonlySet<string> = new Set(['StorageClass', 'VolumeAttachment']);

/** Of a claim, a volume, a class or an attachment. */
export const binding: Definition = {
  kinds: ['StorageClass', 'PersistentVolume', 'PersistentVolumeClaim', 'VolumeAttachment', 'Pod'],
  namespaced: false,
  keeps(subject): Keeps {
    const about = claimsAbout(subject);
    return (object) => {
      if (SMALL.has(object.kind) || object.kind === 'PersistentVolume') return true;
      if (object.kind === 'PersistentVolumeClaim') return about(object);
      return (object as unknown as Pod).spec.volumes?.some((v) => v.persistentVolumeClaim) === true;
    };
  },
  look: lookAtBinding,
};

function claimsAbout(subject: KubeObject): (claim: KubeObject) => boolean {
  const { name, namespace } = subject.metadata;
  const specOf = (claim: KubeObject): PersistentVolumeClaim['spec'] =>
    (claim as unknown as PersistentVolumeClaim).spec;
  switch (subject.kind) {
    case 'PersistentVolumeClaim':
      return (claim) => claim.metadata.name === name && claim.metadata.namespace === namespace;
    case 'PersistentVolume': {
      const { claimRef } = (subject as unknown as PersistentVolume).spec;
      return (claim) =>
        specOf(claim).volumeName === name ||
        (claimRef?.name === claim.metadata.name && claimRef.namespace === claim.metadata.namespace);
    }
    case 'StorageClass':
      return (claim) => specOf(claim).storageClassName === name;
    default: {
      const source = (subject as unknown as VolumeAttachment).spec.source.persistentVolumeName;
      return (claim) => source !== undefined && specOf(claim).volumeName === source;
    }
  }
}

export function lookAtBinding(world: World): BindingWorkings {
  const volumes = world.all('PersistentVolume') as unknown as readonly PersistentVolume[];
  const claims = world.all('PersistentVolumeClaim') as unknown as readonly PersistentVolumeClaim[];
  const chains = claims.map((claim) => chainOf(world, claim, volumes));
  // A volume that no claim has found yet stands alone.
  if (chains.length === 0 && world.subject.kind === 'PersistentVolume') {
    const volume = world.subject as unknown as PersistentVolume;
    chains.push({ links: [volumeLink(volume)], wait: null });
  }
  return {
    type: 'binding',
    ref: objectRef(world.subject),
    chains: chains.slice(0, MAX_CHAINS),
    more: Math.max(0, chains.length - MAX_CHAINS),
  };
}

type Chain = BindingWorkings['chains'][number];

function chainOf(
  world: World,
  claim: PersistentVolumeClaim,
  volumes: readonly PersistentVolume[],
): Chain {
  const className = claim.spec.storageClassName ?? '';
  const found = world.all('StorageClass').find((c) => c.metadata.name === className);
  const storageClass = found as unknown as StorageClass | undefined;
  const volume = volumes.find(
    (v) =>
      v.metadata.name === claim.spec.volumeName ||
      (v.spec.claimRef?.uid !== undefined && v.spec.claimRef.uid === claim.metadata.uid),
  );
  const pods = podsOf(world, claim);
  const pod = pods.find((p) => p.spec.nodeName !== undefined) ?? pods[0];
  const node = pod?.spec.nodeName ?? '';
  const attachments = (
    world.all('VolumeAttachment') as unknown as readonly VolumeAttachment[]
  ).filter(
    (a) => volume !== undefined && a.spec.source.persistentVolumeName === volume.metadata.name,
  );
  const attachment = attachments.find((a) => a.spec.nodeName === node) ?? attachments[0];
  const links: BindingLink[] = [claimLink(claim)];
  if (className !== '') links.push(classLink(className, storageClass));
  links.push(finderLink(claim, storageClass, volume));
  links.push(volume ? volumeLink(volume) : link('volume', '', '', 'missing', '', []));
  const attached = volume?.spec.csi !== undefined || attachment !== undefined;
  if (attached) links.push(attachmentLink(attachment));
  if (pod) {
    links.push(
      link(
        'node',
        node === '' ? '' : `Node//${node}`,
        node,
        node === '' ? 'waiting' : 'done',
        '',
        [],
      ),
    );
    const { phase = '' } = pod.status;
    links.push(
      link(
        'pod',
        objectRef(pod),
        pod.metadata.name,
        phase === 'Pending' ? 'waiting' : 'done',
        phase,
        [...(pods.length > 1 ? [['Pods', String(pods.length)] as const] : [])],
      ),
    );
  }
  return { links, wait: waitOf(claim, className, storageClass, volume, pod, attached, attachment) };
}

function waitOf(
  claim: PersistentVolumeClaim,
  className: string,
  storageClass: StorageClass | undefined,
  volume: PersistentVolume | undefined,
  pod: Pod | undefined,
  attachable: boolean,
  attachment: VolumeAttachment | undefined,
): BindingWait | null {
  if (claim.metadata.deletionTimestamp !== undefined) return 'deleting';
  if (claim.status?.phase !== 'Bound' || !volume) {
    if (className !== '' && !storageClass) return 'no-class';
    const late = storageClass?.volumeBindingMode === 'WaitForFirstConsumer';
    const chosen = claim.metadata.annotations?.[SELECTED_NODE] !== undefined;
    if (late && !chosen && !pod) return 'first-consumer';
    if (late && !chosen && pod?.spec.nodeName === undefined) return 'unscheduled';
    return storageClass && storageClass.provisioner !== NO_PROVISIONER
      ? 'provisioner'
      : 'no-volume';
  }
  if (!attachable || pod?.spec.nodeName === undefined || isPodTerminal(pod)) return null;
  return attachment?.status?.attached === true ? null : 'attach';
}

function podsOf(world: World, claim: PersistentVolumeClaim): readonly Pod[] {
  const { name, namespace } = claim.metadata;
  return (world.all('Pod') as unknown as readonly Pod[]).filter(
    (pod) =>
      pod.metadata.namespace === namespace &&
      !isPodTerminal(pod) &&
      pod.spec.volumes?.some((v) => v.persistentVolumeClaim?.claimName === name) === true,
  );
}

function link(
  role: BindingRole,
  ref: string,
  name: string,
  state: BindingLink['state'],
  status: string,
  facts: BindingLink['facts'],
): BindingLink {
  return { role, ref, name, state, status, facts };
}

function claimLink(claim: PersistentVolumeClaim): BindingLink {
  const { spec, status } = claim;
  const phase = status?.phase ?? 'Pending';
  const state = phase === 'Bound' ? 'done' : phase === 'Lost' ? 'failed' : 'waiting';
  const asked = spec.resources.requests?.['storage'] ?? '';
  const got = status?.capacity?.['storage'];
  return link('claim', objectRef(claim), claim.metadata.name, state, phase, [
    ['storage', got === undefined || got === asked ? asked : `${asked} → ${got}`],
    ['accessModes', (spec.accessModes ?? []).join(', ')],
  ]);
}

function classLink(name: string, storageClass: StorageClass | undefined): BindingLink {
  if (!storageClass) return link('class', '', name, 'missing', '', []);
  const { volumeBindingMode = 'Immediate', provisioner, reclaimPolicy = 'Delete' } = storageClass;
  return link('class', objectRef(storageClass), name, 'done', volumeBindingMode, [
    ['provisioner', provisioner],
    ['reclaimPolicy', reclaimPolicy],
  ]);
}

/** A volume that was there is found by the binder; one that is made is made by a provisioner. */
function finderLink(
  claim: PersistentVolumeClaim,
  storageClass: StorageClass | undefined,
  volume: PersistentVolume | undefined,
): BindingLink {
  const by = volume?.metadata.annotations?.[PROVISIONED_BY];
  const asked = storageClass?.provisioner;
  const made = volume ? by !== undefined : asked !== undefined && asked !== NO_PROVISIONER;
  const state = claim.status?.phase === 'Bound' ? 'done' : 'waiting';
  const node = claim.metadata.annotations?.[SELECTED_NODE];
  const facts = node === undefined ? [] : [['selected-node', node] as const];
  return made
    ? link('provisioner', '', by ?? asked ?? '', state, '', facts)
    : link('binder', '', 'persistentvolume-binder-controller', state, '', facts);
}

function volumeLink(volume: PersistentVolume): BindingLink {
  const { spec, status } = volume;
  const phase = status?.phase ?? 'Pending';
  const state = phase === 'Bound' ? 'done' : phase === 'Failed' ? 'failed' : 'waiting';
  return link('volume', objectRef(volume), volume.metadata.name, state, phase, [
    ['capacity', spec.capacity?.['storage'] ?? ''],
    ['reclaimPolicy', spec.persistentVolumeReclaimPolicy ?? ''],
    ...(spec.csi ? [['driver', spec.csi.driver] as const] : []),
  ]);
}

function attachmentLink(attachment: VolumeAttachment | undefined): BindingLink {
  if (!attachment) return link('attachment', '', '', 'missing', '', []);
  const { spec, status } = attachment;
  const failed = status?.attachError?.message;
  return link(
    'attachment',
    objectRef(attachment),
    attachment.metadata.name,
    status?.attached === true ? 'done' : failed === undefined ? 'waiting' : 'failed',
    failed ?? (status?.attached === true ? 'attached' : ''),
    [
      ['attacher', spec.attacher],
      ['node', spec.nodeName],
    ],
  );
}
