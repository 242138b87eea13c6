/**
 * Files from ConfigMaps, Secrets, fields of the Pod and tokens.
 *
 * Models: MakePayload of pkg/volume/configmap and secret, CollectData of pkg/volume/downwardapi,
 * collectData of pkg/volume/projected, pkg/kubelet/token/token_manager.go (v1.36)
 * Simplified: clusterTrustBundle and podCertificate are refused by name.
 */
import type {
  DownwardAPIVolumeFile,
  KeyToPath,
  Pod,
  ServiceAccountTokenProjection,
  TokenRequest,
  VolumeProjection,
} from '../../../../api/generated/types.ts';
import { ServiceAccount } from '../../../../api/kinds/service-account.ts';
import { ApiError } from '../../../../api/meta/status.ts';
import type { Proc } from '../../../../kernel/process.ts';
import type { KubeletContext } from '../context.ts';
import { type Data, MissingReference, podResourceValue, volumeFieldValue } from '../references.ts';
import type { FileProjection } from './payload.ts';
import { aggregate } from './mount-error.ts';
import type { Collected, HeldToken } from './written-volume.ts';

/** token_manager.go maxTTL, and its share of a token's time. */
const MAX_AGE_SECONDS = 24 * 60 * 60;
const REFRESH_BEFORE_PERCENT = 20;
const MICROS_PER_SECOND = 1_000_000;
const TOKEN_MODE = 0o600;
const DEFAULT_EXPIRATION_SECONDS = 3_600;

/** Collects the files of one volume; |held| are the tokens that it has already. */
export class Collector {
  readonly result: Collected = { payload: new Map(), seen: [], tokens: [], usesPod: false };
  readonly #context: KubeletContext;
  readonly #pod: Pod;
  readonly #defaultMode: number;
  readonly #held: readonly HeldToken[];

  constructor(context: KubeletContext, pod: Pod, mode: number, held: readonly HeldToken[] = []) {
    this.#context = context;
    this.#pod = pod;
    this.#defaultMode = mode;
    this.#held = held;
  }

  *configMap(name: string, optional: boolean, items: readonly KeyToPath[] | undefined): Proc {
    const namespace = this.#pod.metadata.namespace ?? '';
    const { references } = this.#context;
    const map = yield* references.configMapObject(namespace, name);
    this.result.seen.push({ kind: 'configmaps', name, object: map });
    if (!map && !optional) throw new MissingReference(`configmap "${name}" not found`);
    const missing = 'configmap references non-existent config key: ';
    this.#put(map ? references.filesOf(map) : {}, items, optional, missing);
  }

  *secret(name: string, optional: boolean, items: readonly KeyToPath[] | undefined): Proc {
    const namespace = this.#pod.metadata.namespace ?? '';
    const { references } = this.#context;
    const secret = yield* references.secretObject(namespace, name);
    this.result.seen.push({ kind: 'secrets', name, object: secret });
    if (!secret && !optional) throw new MissingReference(`secret "${name}" not found`);
    const missing = 'references non-existent secret key: ';
    this.#put(secret ? references.filesOf(secret) : {}, items, optional, missing);
  }

  downward(items: readonly DownwardAPIVolumeFile[]): void {
    this.result.usesPod = true;
    const errors: string[] = [];
    for (const { path, fieldRef, resourceFieldRef, mode } of items) {
      try {
        let content = '';
        if (fieldRef) content = volumeFieldValue(this.#pod, fieldRef.fieldPath);
        else if (resourceFieldRef) {
          const { allocatable } = this.#context;
          content = podResourceValue(this.#pod, resourceFieldRef, allocatable);
        }
        this.#add(path, { content, mode: mode ?? this.#defaultMode });
      } catch (error) {
        if (!(error instanceof MissingReference)) throw error;
        errors.push(error.message);
      }
    }
    if (errors.length > 0) throw new MissingReference(aggregate(errors));
  }

  /** All sources are tried: the errors are told together. */
  *projected(sources: readonly VolumeProjection[]): Proc {
    const errors: string[] = [];
    for (const source of sources) {
      try {
        yield* this.#source(source);
      } catch (error) {
        if (!(error instanceof MissingReference) && !(error instanceof ApiError)) throw error;
        errors.push(error.message);
      }
    }
    if (errors.length > 0) throw new MissingReference(aggregate(errors));
  }

  *#source(source: VolumeProjection): Proc {
    const { configMap, secret, downwardAPI, serviceAccountToken } = source;
    if (configMap) {
      yield* this.configMap(configMap.name ?? '', configMap.optional === true, configMap.items);
    } else if (secret) {
      yield* this.secret(secret.name ?? '', secret.optional === true, secret.items);
    } else if (downwardAPI) {
      this.downward(downwardAPI.items ?? []);
    } else if (serviceAccountToken) {
      yield* this.#token(serviceAccountToken);
    } else {
      const kind = Object.keys(source)[0] ?? 'unknown';
      throw new MissingReference(`projected sources of kind ${kind} are not simulated`);
    }
  }

  /** A token for the Pod alone; whoever all its containers run as may read it. */
  *#token(projection: ServiceAccountTokenProjection): Proc {
    const { fsGroup } = this.#pod.spec.securityContext ?? {};
    const uid = commonUser(this.#pod);
    const token = yield* this.#tokenFor(projection);
    this.result.tokens.push(token);
    this.#add(projection.path, {
      content: token.status,
      mode: uid !== undefined || fsGroup !== undefined ? TOKEN_MODE : this.#defaultMode,
      ...(uid === undefined ? {} : { uid }),
    });
  }

  /** POST serviceaccounts/token, bound to the Pod; one that will do for a while is kept. */
  *#tokenFor({ audience, expirationSeconds }: ServiceAccountTokenProjection): Proc<HeldToken> {
    const { client, kernel } = this.#context;
    const { name, uid, namespace = '' } = this.#pod.metadata;
    const account = this.#pod.spec.serviceAccountName ?? 'default';
    const seconds = expirationSeconds ?? DEFAULT_EXPIRATION_SECONDS;
    const old = this.#held.find((t) => t.audience === audience && t.seconds === seconds);
    if (old && kernel.now < old.refreshAt) return old;
    try {
      const answer = (yield* client.post(ServiceAccount, namespace, account, 'token', {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        metadata: {},
        spec: {
          audiences: audience ? [audience] : [],
          expirationSeconds: seconds,
          boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name, uid },
        },
      })) as TokenRequest;
      const refreshAt = kernel.now + refreshAfterUs(seconds);
      return { audience, seconds, status: answer.status, refreshAt };
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      // One that is old, but still good, is better than none.
      if (old && kernel.now < old.refreshAt + endsAfterRefreshUs(seconds)) return old;
      throw new MissingReference(`failed to fetch token: ${error.message}`);
    }
  }

  /** Keys become files; with |items| only those, at the given paths. */
  #put(
    data: Data,
    items: readonly KeyToPath[] | undefined,
    optional: boolean,
    missing: string,
  ): void {
    if (!items || items.length === 0) {
      for (const [key, content] of Object.entries(data)) {
        this.#add(key, { content, mode: this.#defaultMode });
      }
      return;
    }
    for (const { key, path, mode } of items) {
      const content = Object.hasOwn(data, key) ? data[key] : undefined;
      if (content !== undefined) this.#add(path, { content, mode: mode ?? this.#defaultMode });
      else if (!optional) throw new MissingReference(missing + key);
    }
  }

  #add(path: string, file: FileProjection): void {
    this.result.payload.set(path, file);
  }
}

/** util.FsUserFrom: the user that all containers are told to run as. */
function commonUser({ spec }: Pod): number | undefined {
  let common: number | undefined;
  for (const c of [...(spec.initContainers ?? []), ...spec.containers]) {
    const uid = c.securityContext?.runAsUser ?? spec.securityContext?.runAsUser;
    if (uid === undefined || (common !== undefined && common !== uid)) return undefined;
    common = uid;
  }
  return common;
}

function refreshAfterUs(seconds: number): number {
  const share = Math.floor((seconds * (100 - REFRESH_BEFORE_PERCENT)) / 100);
  return Math.min(share, MAX_AGE_SECONDS) * MICROS_PER_SECOND;
}

function endsAfterRefreshUs(seconds: number): number {
  return seconds * MICROS_PER_SECOND - refreshAfterUs(seconds);
}
