/**
 * The files that `kubeadm init` leaves in /etc/kubernetes/manifests of a control-plane node, abridged.
 *
 * Models: cmd/kubeadm/app/phases/controlplane/manifests.go, phases/etcd/local.go (v1.36)
 * Simplified: no probes, few flags, no mounts of certificates.
 */
import { type ControlPlaneName, imageOf } from './control-plane.ts';

interface Part {
  readonly cpu: string;
  readonly memory?: string;
  readonly flags: (address: string) => readonly string[];
  /** Directory of the machine that it needs. */
  readonly data?: string;
}

const KUBECONFIG = '--kubeconfig=/etc/kubernetes';

const PARTS: Readonly<Record<ControlPlaneName, Part>> = {
  etcd: {
    cpu: '100m',
    memory: '100Mi',
    data: '/var/lib/etcd',
    flags: (address) => [
      `--advertise-client-urls=https://${address}:2379`,
      '--data-dir=/var/lib/etcd',
      `--listen-client-urls=https://127.0.0.1:2379,https://${address}:2379`,
    ],
  },
  'kube-apiserver': {
    cpu: '250m',
    flags: (address) => [
      `--advertise-address=${address}`,
      '--allow-privileged=true',
      '--authorization-mode=Node,RBAC',
      '--enable-admission-plugins=NodeRestriction',
      '--etcd-servers=https://127.0.0.1:2379',
      '--secure-port=6443',
      '--service-cluster-ip-range=10.96.0.0/12',
    ],
  },
  'kube-controller-manager': {
    cpu: '200m',
    flags: () => [
      '--allocate-node-cidrs=true',
      '--bind-address=127.0.0.1',
      '--cluster-cidr=10.244.0.0/16',
      `${KUBECONFIG}/controller-manager.conf`,
      '--leader-elect=true',
    ],
  },
  'kube-scheduler': {
    cpu: '100m',
    flags: () => [
      '--bind-address=127.0.0.1',
      `${KUBECONFIG}/scheduler.conf`,
      '--leader-elect=true',
    ],
  },
};

/** The manifest of a component on the node with that address. */
export function manifestOf(name: ControlPlaneName, address: string): string {
  const { cpu, memory, flags, data } = PARTS[name];
  const command = [name, ...flags(address)].map((word) => `    - ${word}\n`).join('');
  const memoryLine = memory === undefined ? '' : `        memory: ${memory}\n`;
  const mounts = data === undefined ? '' : mountsOf(name, data);
  const volumes = data === undefined ? '' : volumesOf(name, data);
  return `apiVersion: v1
kind: Pod
metadata:
  annotations:
    kubeadm.kubernetes.io/${annotationOf(name, address)}
  labels:
    component: ${name}
    tier: control-plane
  name: ${name}
  namespace: kube-system
spec:
  containers:
  - command:
${command}    image: ${imageOf(name)}
    imagePullPolicy: IfNotPresent
    name: ${name}
    resources:
      requests:
        cpu: ${cpu}
${memoryLine}${mounts}  hostNetwork: true
  priority: 2000001000
  priorityClassName: system-node-critical
  securityContext:
    seccompProfile:
      type: RuntimeDefault
${volumes}`;
}

function annotationOf(name: ControlPlaneName, address: string): string {
  if (name === 'etcd') return `etcd.advertise-client-urls: https://${address}:2379`;
  return `${name}.advertise-address.endpoint: ${address}:6443`;
}

function mountsOf(name: ControlPlaneName, path: string): string {
  return `    volumeMounts:
    - mountPath: ${path}
      name: ${name}-data
`;
}

function volumesOf(name: ControlPlaneName, path: string): string {
  return `  volumes:
  - hostPath:
      path: ${path}
      type: DirectoryOrCreate
    name: ${name}-data
`;
}
