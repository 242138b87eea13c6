/** Containers of images on a network of their own, without a kubelet: for tests of programs. */
import { Kernel } from '../kernel/kernel.ts';
import type { Proc } from '../kernel/process.ts';
import { PodNetwork } from '../engine/node/network/pod-network.ts';
import {
  type ProcessHandle,
  type StartOptions,
  startProcess,
} from '../engine/node/runtime/process-runner.ts';
import type {
  ConnectFailure,
  HttpRequest,
  HttpResponse,
  ImageDefinition,
  NetworkHook,
} from '../engine/node/runtime/program.ts';

const SEED = 1;
const MICROS_PER_SECOND = 1_000_000;
const CLIENT = '10.244.0.1';

/** A network, and time. */
export class LoneNetwork {
  readonly kernel = new Kernel({
    seed: SEED,
    epochMs: Date.UTC(2026, 0, 2, 3, 4, 5),
    traceCapacity: 10,
  });
  readonly pods = new PodNetwork(this.kernel, this.kernel.rng('network'));
  readonly client: NetworkHook = this.pods.attach(CLIENT).hook;

  run(seconds: number): this {
    this.kernel.runUntil(this.kernel.now + seconds * MICROS_PER_SECOND);
    return this;
  }

  /** The end of |body|, which must come within |seconds|. */
  finish<T>(body: Proc<T>, seconds = 30): T {
    const box: { value?: T } = {};
    this.kernel.spawn('test', keep(body, box));
    this.run(seconds);
    if (!('value' in box)) throw new Error(`it has not ended within ${seconds} s`);
    return box.value as T;
  }

  get(address: string, port: number, path: string): HttpResponse | ConnectFailure {
    const request = { method: 'GET', path, headers: { Host: address }, body: '' };
    return this.ask(address, port, request);
  }

  ask(address: string, port: number, request: HttpRequest): HttpResponse | ConnectFailure {
    return this.finish(this.client.request(address, port, request));
  }
}

function* keep<T>(body: Proc<T>, box: { value?: T }): Proc {
  box.value = yield* body;
}

/** One container with an address. */
export class LonePod {
  readonly process: ProcessHandle;
  readonly address: string;
  out = '';
  err = '';

  constructor(
    network: LoneNetwork,
    address: string,
    image: ImageDefinition,
    options: Partial<StartOptions> = {},
  ) {
    this.address = address;
    this.process = startProcess(network.kernel, image, {
      hostname: `pod-${address.replaceAll('.', '-')}`,
      network: network.pods.attach(address).hook,
      output: {
        stdout: (text) => void (this.out += text),
        stderr: (text) => void (this.err += text),
      },
      ...options,
    });
  }

  get exitCode(): number | null {
    return this.process.status?.exitCode ?? null;
  }
}
