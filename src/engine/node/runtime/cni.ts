/**
 * The network configuration on a machine's disk, from which containerd knows how Pods get addresses.
 *
 * Models: containerd 2.x internal/cri (netConfigDir, first file by name), the CNI plugins bridge and
 * host-local (ipam.ranges)
 */
import { assert } from '../../../kernel/assert.ts';
import { AddressPool } from './address-pool.ts';
import { joinPath } from './file-tree.ts';
import type { NodeDisk } from './node-disk.ts';
import { SandboxError } from './runtime-types.ts';

/** containerd's net_conf_dir. */
const CNI_FOLDER = '/etc/cni/net.d';
const CNI_FILE = `${CNI_FOLDER}/10-bridge.conflist`;
const EXTENSIONS = ['.conf', '.conflist', '.json'];

/** Addresses that host-local hands out. */
export interface AddressRange {
  /** `10.244.1.0/24`. */
  readonly subnet: string;
  readonly rangeStart?: string;
  readonly rangeEnd?: string;
}

/** What a network plugin writes on the machine; null takes it away. */
export function writeNetwork(disk: NodeDisk, range: AddressRange | null): void {
  if (range === null) {
    disk.remove(CNI_FILE);
    return;
  }
  const ipam = { type: 'host-local', ranges: [[range]], routes: [{ dst: '0.0.0.0/0' }] };
  const bridge = { type: 'bridge', bridge: 'cni0', isGateway: true, ipMasq: true, ipam };
  const portmap = { type: 'portmap', capabilities: { portMappings: true } };
  const config = { cniVersion: '1.0.0', name: 'bridge', plugins: [bridge, portmap] };
  const problem = disk.write(CNI_FILE, `${JSON.stringify(config, null, 2)}\n`, false);
  assert(problem === null, `${CNI_FILE}: ${problem ?? ''}`);
}

/** null: there is none that can be read. */
function readNetwork(disk: NodeDisk): AddressRange | null {
  const names = (disk.list(CNI_FOLDER) ?? []).filter((n) => EXTENSIONS.some((e) => n.endsWith(e)));
  for (const name of names.sort()) {
    const range = parse(disk.read(joinPath(CNI_FOLDER, name)) ?? '');
    if (range) return range;
  }
  return null;
}

function parse(text: string): AddressRange | null {
  let config: unknown;
  try {
    config = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return null;
  }
  const plugins = field(config, 'plugins');
  const first: unknown = Array.isArray(plugins) ? plugins[0] : config;
  const ipam = field(first, 'ipam');
  const ranges = field(ipam, 'ranges');
  const range =
    Array.isArray(ranges) && Array.isArray(ranges[0]) ? (ranges[0][0] as unknown) : ipam;
  const subnet = field(range, 'subnet');
  if (typeof subnet !== 'string' || !IPV4_24.test(subnet)) return null;
  const start = field(range, 'rangeStart');
  const end = field(range, 'rangeEnd');
  return {
    subnet,
    ...(typeof start === 'string' ? { rangeStart: start } : {}),
    ...(typeof end === 'string' ? { rangeEnd: end } : {}),
  };
}

/** A node's share of the cluster's network. */
const IPV4_24 = /^\d+\.\d+\.\d+\.0\/24$/;

function field(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name];
}

/** The network plugin as containerd calls it: addresses for sandboxes, while there is a configuration. */
export class CniPlugin {
  /** The configuration has been read. */
  ready = false;
  /** Told when it has come or gone. */
  onChange: (() => void) | null = null;
  readonly #disk: NodeDisk;
  #pool: AddressPool | null = null;

  /** |isUp|: the runtime that listens for changes of the folder runs. */
  constructor(disk: NodeDisk, isUp: () => boolean) {
    this.#disk = disk;
    disk.watch((path) => {
      if (isUp() && path.startsWith(CNI_FOLDER)) this.load();
    });
  }

  load(): void {
    const range = readNetwork(this.#disk);
    const wasReady = this.ready;
    this.ready = range !== null;
    if (range) {
      if (!this.#pool?.holds(range.subnet)) this.#pool = new AddressPool(range.subnet);
      this.#pool.bound(range.rangeStart, range.rangeEnd);
    }
    if (wasReady !== this.ready) this.onChange?.();
  }

  /** podCIDR of the Node object, which its network agent writes into the configuration. */
  setPodCidr(cidr: string): void {
    if (this.ready && this.#pool?.holds(cidr) === false) writeNetwork(this.#disk, { subnet: cidr });
  }

  /** Throws SandboxError when there is none left. */
  address(sandboxId: string): string {
    const ip = this.#pool?.take();
    if (ip) return ip;
    const range = this.#pool?.range ?? '';
    throw new SandboxError(
      `rpc error: code = Unknown desc = failed to setup network for sandbox "${sandboxId}": ` +
        'plugin type="bridge" failed (add): failed to allocate for range 0: ' +
        `no IP addresses available in range set: ${range}`,
    );
  }

  /** The address is one of this node's Pods. */
  covers(address: string): boolean {
    return this.#pool?.holds(address) === true;
  }

  free(address: string): void {
    if (address !== '') this.#pool?.free(address);
  }
}
