/**
 * The images of the control plane: etcd, kube-apiserver, kube-controller-manager, kube-scheduler. Their
 * programs run as long as the component does: what ends the container ends the component.
 *
 * Models: registry.k8s.io/etcd, kube-apiserver, kube-controller-manager, kube-scheduler as kubeadm
 * runs them (cmd/*, v1.36)
 * Simplified: flags are not read; logs are a few lines.
 */
import { type Proc, sleep } from '../../kernel/process.ts';
import { Future } from '../../kernel/wait.ts';
import type { ImageDefinition, ProcessContext, Program } from '../node/runtime/program.ts';
import { tagDigest } from './digests.ts';

/** Names of components, which are those of their Pods and programs too. */
export const CONTROL_PLANE = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
] as const;
export type ControlPlaneName = (typeof CONTROL_PLANE)[number];

/** What a program of the control plane is in the simulation. */
export interface ControlPlaneHost {
  start(name: ControlPlaneName): void;
  stop(name: ControlPlaneName): void;
  isUp(name: ControlPlaneName): boolean;
}

/** Compressed sizes on amd64, as the registry lists them, about. */
const IMAGES: Readonly<
  Record<ControlPlaneName, { readonly tag: string; readonly sizeBytes: number }>
> = {
  etcd: { tag: '3.6.8-0', sizeBytes: 23_640_000 },
  'kube-apiserver': { tag: 'v1.36.3', sizeBytes: 27_700_000 },
  'kube-controller-manager': { tag: 'v1.36.3', sizeBytes: 23_100_000 },
  'kube-scheduler': { tag: 'v1.36.3', sizeBytes: 17_300_000 },
};

/** From the start of a process until it does its work: flags, certificates, listeners. */
const START_US: Readonly<Record<ControlPlaneName, number>> = {
  etcd: 200_000,
  'kube-apiserver': 700_000,
  'kube-controller-manager': 250_000,
  'kube-scheduler': 250_000,
};
/** From SIGTERM to the end: open requests are answered. */
const END_US = 150_000;
/** kube-apiserver gives up when etcd does not answer (storage-factory's 20 s). */
const ETCD_TRIES = 20;
const ETCD_RETRY_US = 1_000_000;

export function imageOf(name: ControlPlaneName): string {
  return `registry.k8s.io/${name}:${IMAGES[name].tag}`;
}

export function controlPlaneImages(host: ControlPlaneHost): readonly ImageDefinition[] {
  return CONTROL_PLANE.map((name) => {
    const repository = `registry.k8s.io/${name}`;
    const { tag, sizeBytes } = IMAGES[name];
    const path = `/usr/local/bin/${name}`;
    return {
      repository,
      tags: { [tag]: { sizeBytes, digest: tagDigest(repository, tag) } },
      entrypoint: [path],
      programs: { [path]: component(host, name) },
    };
  });
}

function component(host: ControlPlaneHost, name: ControlPlaneName): Program {
  return function* (context: ProcessContext): Proc<number> {
    const ended = new Future<number>();
    const end = (): void => ended.resolve(0);
    context.onSignal('SIGTERM', end);
    context.onSignal('SIGINT', end);
    context.stderr(`"Starting" program="${name}" version="v1.36.3"\n`);
    yield* sleep(START_US[name]);
    if (name === 'kube-apiserver' && !(yield* etcdAnswers(host))) {
      context.stderr('"command failed" err="context deadline exceeded"\n');
      return 1;
    }
    try {
      host.start(name);
      const exitCode = (yield ended) as number;
      yield* sleep(END_US);
      return exitCode;
    } finally {
      // However it ends: a killed program leaves through here too.
      host.stop(name);
    }
  };
}

function* etcdAnswers(host: ControlPlaneHost): Proc<boolean> {
  for (let tries = 0; tries < ETCD_TRIES; tries++) {
    if (host.isUp('etcd')) return true;
    yield* sleep(ETCD_RETRY_US);
  }
  return false;
}
