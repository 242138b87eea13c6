/**
 * `npm run serve`: the engine behind real HTTP, for kubectl and client libraries.
 *
 * Plain http on loopback: whoever calls is the administrator. With --tls: certificates and tokens say
 * who calls, and no credentials mean anonymous.
 */
import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import type { Authentication } from '../engine/apiserver/rest/handle.ts';
import { openApiDocuments } from './openapi-file.ts';
import { EVERYBODY_IS_ADMIN } from '../engine/apiserver/rest/handle.ts';
import { clusterAuthority } from '../engine/client/authority.ts';
import { Cluster } from '../engine/cluster.ts';
import type { RunConfig } from '../port/protocol.ts';
import type { ControllerCommand } from '../port/protocol-own.ts';
import { nodeSandbox } from '../sandbox/node.ts';
import { type Flags, parseFlags, runLasting, UsageError } from './arguments.ts';
import { controllerCommands } from './controller-files.ts';
import { declaredImages } from './image-files.ts';
import { workerNodes } from './run-config.ts';
import { type FolderOfNode, followFolder, parseFolder } from './serve/manifest-folder.ts';
import { equalJson } from '../api/meta/json.ts';
import { SCHEDULER_CONFIG, schedulerSettings } from './scheduler-file.ts';
import { Engine, type Pace } from './serve/engine.ts';
import { HttpServer, type TlsFiles } from './serve/http-server.ts';
import { followControllers, giveControllers } from './serve/own-controllers.ts';
import { writeKubeconfig } from './serve/kubeconfig.ts';
import { authority, type Pki } from './serve/pki.ts';
import { openFolder, type Restored, TRACE_CAPACITY } from './serve/restore.ts';
import { ANONYMOUS, parseTokens } from './serve/users.ts';

const USAGE = `usage: npm run serve -- [--port 8001] [--host 127.0.0.1] [--nodes 3] [--seed 1] [--pace 1|max]
         [--controller FILE.ts[=NAMESPACE/SERVICEACCOUNT] …]
         [--image IMAGE.yaml …] [--manifests NODE=DIR …] [--data DIR [--fsync]] [--kubeconfig F]
         [--scheduler-config CONFIG.yaml] [--tls [--token-file F]]`;

const VALUES = [
  'port',
  'host',
  'nodes',
  'seed',
  'pace',
  'data',
  'kubeconfig',
  'token-file',
  SCHEDULER_CONFIG,
];
const DEFAULT_PORT = 8001;
const LOOPBACK = '127.0.0.1';
const MAX_NODES = 5_000;
const MAX_PACE = 10_000;

interface Options {
  readonly port: number;
  readonly host: string;
  readonly pace: Pace;
  readonly data: string | undefined;
  readonly manifests: readonly FolderOfNode[];
  readonly controllers: readonly ControllerCommand[];
  readonly fsync: boolean;
  readonly kubeconfig: string | undefined;
  readonly tls: boolean;
  readonly authentication: Authentication;
  /** What a new cluster is made of, or the one that is kept. */
  readonly config: (kept: RunConfig | null) => RunConfig;
}

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  const kept = options.data === undefined ? null : openKept(options.data, options);
  try {
    const cluster =
      kept?.cluster ??
      new Cluster(options.config(null), {
        traceCapacity: TRACE_CAPACITY,
        openapi: openApiDocuments,
        sandbox: nodeSandbox,
        tokens: options.authentication.tokens,
      });
    const pkiDir = options.data === undefined ? '' : path.join(options.data, 'pki');
    const pki = options.tls ? await authority(pkiDir, options.host) : null;
    return await serve(cluster, options, kept, pki);
  } finally {
    kept?.journal.close();
    kept?.unlock();
  }
}

/** Clients are vouched for by the authority of the server, or by that of the simulated cluster. */
function tlsOf(pki: Pki, { kernel }: Cluster): TlsFiles {
  const ca = `${pki.ca.trimEnd()}\n${clusterAuthority(kernel).certificate}`;
  return { key: pki.serverKey, cert: pki.serverCert, ca };
}

/** Serves until a signal comes, or until the engine stops. */
function serve(
  cluster: Cluster,
  options: Options,
  kept: Restored | null,
  pki: Pki | null,
): Promise<number> {
  return new Promise((resolve) => {
    const fail = (message: string): void => {
      process.stderr.write(`${message}\n`);
      resolve(1);
    };
    const engine = new Engine(cluster, {
      pace: options.pace,
      authentication: options.authentication,
      journal: kept?.journal ?? null,
      ...(kept ? { streams: kept.streams } : {}),
      crashed: (message) => fail(`error: the engine stopped: ${message}`),
    });
    const server = new HttpServer(engine, {
      host: options.host,
      port: options.port,
      ...(pki ? { tls: tlsOf(pki, cluster) } : {}),
    });
    const folders: (() => void)[] = [];
    const stop = (): void => {
      for (const end of folders) end();
      server.close(() => {
        engine.stop();
        resolve(0);
      });
    };
    process.once('SIGTERM', stop);
    process.once('SIGINT', stop);
    server.listen((url) => {
      engine.start();
      try {
        giveControllers(engine, options.controllers);
        folders.push(followControllers(cluster));
        for (const folder of options.manifests) folders.push(follow(folder, cluster, engine));
        if (options.kubeconfig !== undefined) writeKubeconfig(options.kubeconfig, access(url, pki));
      } catch (error) {
        fail((error as Error).message);
        return;
      }
      process.stdout.write(`${readyLine(url, cluster, options, kept)}\n`);
    }, fail);
  });
}

function follow(folder: FolderOfNode, cluster: Cluster, engine: Engine): () => void {
  const machine = cluster.machines.get(folder.node);
  if (!machine) throw new Error(`error: --manifests: there is no node "${folder.node}"`);
  return followFolder(folder, {
    read: (_node, file) => machine.files.read(file),
    give: (command) => engine.give(command),
    failed: (message) => void process.stderr.write(`warning: --manifests: ${message}\n`),
  });
}

function access(url: string, pki: Pki | null): Parameters<typeof writeKubeconfig>[1] {
  // Who listens everywhere is reached here by loopback.
  const server = url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:');
  return pki ? { server, tls: { ca: pki.ca, cert: pki.adminCert, key: pki.adminKey } } : { server };
}

function readyLine(url: string, cluster: Cluster, options: Options, kept: Restored | null): string {
  const { data, pace } = options;
  const nodes = cluster.machines.size;
  const where =
    data === undefined
      ? ''
      : kept?.replayed == null
        ? `, kept in ${data}`
        : `, back from ${data} (${kept.replayed} writes)`;
  return `Kubernetes API at ${url}, ${nodes} node${nodes === 1 ? '' : 's'}, pace ${pace}${where}`;
}

function openKept(dir: string, options: Options): Restored {
  return openFolder(dir, {
    fsync: options.fsync,
    wanted: options.config,
    authentication: options.authentication,
  });
}

function readOptions(argv: readonly string[]): Options {
  const flags = parseFlags(argv, {
    usage: USAGE,
    values: VALUES,
    repeatable: ['controller', 'image', 'manifests'],
    switches: ['tls', 'fsync'],
  });
  const tls = flags.has('tls');
  const tokenFile = flags.one('token-file');
  if (tokenFile !== undefined && !tls) throw new UsageError('--token-file needs --tls');
  if (flags.has('fsync') && !flags.has('data')) throw new UsageError('--fsync needs --data');
  const tokens = tokenFile === undefined ? {} : parseTokens(readText(tokenFile), tokenFile);
  return {
    port: flags.integer('port', DEFAULT_PORT, 0, 65_535),
    host: flags.one('host') ?? LOOPBACK,
    pace: paceOf(flags.one('pace') ?? '1'),
    data: flags.one('data'),
    manifests: flags.all('manifests').map(manifestsOf),
    controllers: controllerCommands(flags),
    fsync: flags.has('fsync'),
    kubeconfig: flags.one('kubeconfig'),
    tls,
    authentication: tls ? { tokens, anonymous: ANONYMOUS } : EVERYBODY_IS_ADMIN,
    config: (kept) => configOf(flags, kept),
  };
}

/** A cluster that is kept stays what it was begun with. */
function configOf(flags: Flags, kept: RunConfig | null): RunConfig {
  const nodes = flags.integer('nodes', kept?.nodes.length ?? 3, 0, MAX_NODES);
  const seed = flags.integer('seed', kept?.seed ?? 1, 0, 4_294_967_295);
  const images = declaredImages(flags);
  const scheduler = schedulerSettings(flags);
  if (!kept) {
    const epoch = new Date().toISOString();
    return {
      seed,
      epoch,
      nodes: workerNodes(nodes),
      stopped: [],
      images,
      dns: true,
      controlPlane: true,
      metrics: true,
      decisions: true,
      storage: true,
      ...(scheduler ? { scheduler } : {}),
    };
  }
  if (scheduler && !equalJson(scheduler, kept.scheduler ?? null)) {
    throw new UsageError(
      'the cluster in --data has its scheduler already; leave --scheduler-config out',
    );
  }
  if (images.length > 0) {
    throw new UsageError('the cluster in --data has its images already; leave --image out');
  }
  if (nodes === kept.nodes.length && seed === kept.seed) return kept;
  throw new UsageError(
    `the cluster in --data has ${kept.nodes.length} nodes and seed ${kept.seed}; leave --nodes and --seed out, or choose another folder`,
  );
}

function manifestsOf(text: string): FolderOfNode {
  const folder = parseFolder(text);
  if (folder) return folder;
  throw new UsageError(`--manifests must be NODE=DIR such as node-1=./manifests, not "${text}"`);
}

function paceOf(text: string): Pace {
  if (text === 'max') return 'max';
  const pace = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && pace > 0 && pace <= MAX_PACE) return pace;
  throw new UsageError(`--pace must be max or virtual seconds a real second, not "${text}"`);
}

function readText(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(`error: the file "${file}" cannot be read (${code ?? String(error)})`);
  }
}

await runLasting(USAGE, main);
// An engine that stopped leaves timers and connections behind.
process.exit();
