/**
 * A node's volumes: directories that belong to a Pod and outlive its containers.
 *
 * Models: pkg/volume/emptydir, configmap, secret, projected, downwardapi, hostpath (v1.36)
 * Simplified: contents are written once, when the Pod starts; other kinds of volumes are refused by
 * name, in an Event.
 */
import type {
  KeyToPath,
  Pod,
  ProjectedVolumeSource,
  ServiceAccountTokenProjection,
  TokenRequest,
  Volume,
} from '../../../api/generated/types.ts';
import { ServiceAccount } from '../../../api/kinds/service-account.ts';
import type { Kernel } from '../../../kernel/kernel.ts';
import type { Proc } from '../../../kernel/process.ts';
import { FileTree } from '../runtime/file-tree.ts';
import { MemoryFileSystem } from '../runtime/memory-file-system.ts';
import { NodeDisk } from '../runtime/node-disk.ts';
import type { KubeletContext } from './context.ts';
import { type Data, fieldValue, MissingReference, resourceValue } from './references.ts';

type Files = Record<string, { readonly content: string; readonly mode: number }>;

const DEFAULT_MODE = 0o644;

/** Volumes on one machine, by Pod and name. They survive the kubelet. */
export class NodeVolumes {
  #kernel: Kernel;
  #pods = new Map<string, Map<string, MemoryFileSystem>>();
  /** The node's own disk, for hostPath. */
  readonly host: NodeDisk;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    const directories = ['/tmp', '/var/log', '/etc/cni/net.d', '/etc/kubernetes/manifests'];
    const tree = new FileTree({ '/etc/machine-id': '' }, directories);
    this.host = new NodeDisk({ base: tree, clock: kernel });
  }

  get(uid: string, name: string): MemoryFileSystem | undefined {
    return this.#pods.get(uid)?.get(name);
  }

  set(uid: string, name: string, files: MemoryFileSystem): void {
    let volumes = this.#pods.get(uid);
    if (!volumes) this.#pods.set(uid, (volumes = new Map()));
    volumes.set(name, files);
  }

  empty(): MemoryFileSystem {
    return new MemoryFileSystem({ clock: this.#kernel });
  }

  /** |files| is asked for when somebody first looks. */
  readOnly(files: () => Files): MemoryFileSystem {
    return new MemoryFileSystem({
      base: () => new FileTree(files()),
      clock: this.#kernel,
      type: 'tmpfs',
    });
  }

  unmountAll(uid: string): void {
    this.#pods.delete(uid);
  }
}

/** Sets a volume up unless it is there. Throws MissingReference for what is missing. */
export function* mountVolume(context: KubeletContext, pod: Pod, volume: Volume): Proc {
  const { volumes } = context;
  const { uid } = pod.metadata;
  if (volumes.get(uid, volume.name)) return;
  volumes.set(uid, volume.name, yield* volumeFiles(context, pod, volume));
}

function* volumeFiles(context: KubeletContext, pod: Pod, volume: Volume): Proc<MemoryFileSystem> {
  const { volumes, references } = context;
  const namespace = pod.metadata.namespace ?? '';
  if (volume.emptyDir) return volumes.empty();
  if (volume.hostPath) return volumes.host;
  const files: Files = {};
  if (volume.configMap) {
    const { name = '', optional = false, items, defaultMode } = volume.configMap;
    const data = yield* references.configMap(namespace, name, optional);
    put(files, 'configmap', data, items, defaultMode, optional);
  } else if (volume.secret) {
    const { secretName = '', optional = false, items, defaultMode } = volume.secret;
    const data = yield* references.secret(namespace, secretName, optional);
    put(files, 'secret', data, items, defaultMode, optional);
  } else if (volume.downwardAPI) {
    const { items = [], defaultMode = DEFAULT_MODE } = volume.downwardAPI;
    for (const item of items) {
      files[`/${item.path}`] = {
        content: downward(context, pod, item),
        mode: item.mode ?? defaultMode,
      };
    }
  } else if (volume.projected) {
    yield* projected(context, pod, volume.projected, files);
  } else {
    const kind = Object.keys(volume).find((k) => k !== 'name') ?? 'unknown';
    throw new MissingReference(`volumes of kind ${kind} are not simulated`);
  }
  return volumes.readOnly(() => files);
}

function* projected(
  context: KubeletContext,
  pod: Pod,
  source: ProjectedVolumeSource,
  files: Files,
): Proc {
  const { references } = context;
  const { namespace = '' } = pod.metadata;
  const mode = source.defaultMode ?? DEFAULT_MODE;
  for (const s of source.sources ?? []) {
    if (s.serviceAccountToken) {
      const status = yield* token(context, pod, s.serviceAccountToken);
      // Tokens are for their owner alone (projected.go: 0600 unless fsGroup says otherwise).
      files[`/${s.serviceAccountToken.path}`] = tokenFile(status, mode);
    } else if (s.configMap) {
      const { name = '', optional = false, items } = s.configMap;
      const data = yield* references.configMap(namespace, name, optional);
      put(files, 'configmap', data, items, mode, optional);
    } else if (s.secret) {
      const { name = '', optional = false, items } = s.secret;
      const data = yield* references.secret(namespace, name, optional);
      put(files, 'secret', data, items, mode, optional);
    } else if (s.downwardAPI) {
      for (const item of s.downwardAPI.items ?? []) {
        files[`/${item.path}`] = { content: downward(context, pod, item), mode: item.mode ?? mode };
      }
    }
  }
}

/** POST serviceaccounts/token, bound to the Pod. */
function* token(
  context: KubeletContext,
  pod: Pod,
  { audience, expirationSeconds = 3_600 }: ServiceAccountTokenProjection,
): Proc<TokenRequest['status']> {
  const { name, uid, namespace = '' } = pod.metadata;
  const account = pod.spec.serviceAccountName ?? 'default';
  const answer = (yield* context.client.post(ServiceAccount, namespace, account, 'token', {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    metadata: {},
    spec: {
      audiences: audience ? [audience] : [],
      expirationSeconds,
      boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name, uid },
    },
  })) as TokenRequest;
  return answer.status;
}

/** The token is asked for when the file is first looked at: until then it need not be signed. */
function tokenFile(status: TokenRequest['status'], mode: number): Files[string] {
  return {
    get content() {
      return status.token ?? '';
    },
    mode,
  };
}

/** Keys become files; with |items| only those, at the given paths. */
function put(
  files: Files,
  kind: 'configmap' | 'secret',
  data: Data | null,
  items: readonly KeyToPath[] | undefined,
  mode = DEFAULT_MODE,
  optional = false,
): void {
  if (!items) {
    for (const key of Object.keys(data ?? {})) {
      files[`/${key}`] = { content: data?.[key] ?? '', mode };
    }
    return;
  }
  for (const item of items) {
    const content = data?.[item.key];
    if (content !== undefined) files[`/${item.path}`] = { content, mode: item.mode ?? mode };
    else if (!optional) {
      const what = kind === 'secret' ? 'secret' : 'config';
      throw new MissingReference(`${kind} references non-existent ${what} key: ${item.key}`);
    }
  }
}

function downward(
  context: KubeletContext,
  pod: Pod,
  item: {
    readonly fieldRef?: { readonly fieldPath: string };
    readonly resourceFieldRef?: { readonly containerName?: string; readonly resource: string };
  },
): string {
  const { hostIP } = context;
  const podIP = pod.status.podIP ?? '';
  if (item.fieldRef) return fieldValue(pod, item.fieldRef.fieldPath, { podIP, hostIP });
  const selector = item.resourceFieldRef;
  const container = pod.spec.containers.find((c) => c.name === selector?.containerName);
  return selector && container ? resourceValue(container, selector, {}) : '';
}
