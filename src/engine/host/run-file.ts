/**
 * Checks what claims to be a saved run before anything is built from it: a file that somebody chose
 * may be anything. Every complaint says what is wrong and where.
 */
import { declarationProblems } from '../images/declared/check.ts';
import type { Command, NodeSpec, RunFile } from '../../port/protocol.ts';

const FORMAT = 'kubeglass-run';
const VERSION = 1;
/** More nodes than a real cluster may have. */
const MAX_NODES = 5_000;
/** As `sim --masters`. */
const MAX_MASTERS = 9;
const MAX_SEED = 0xffff_ffff;

type Json = Readonly<Record<string, unknown>>;

/** Which fields a command has beside its type, and what they hold. */
const COMMANDS: Readonly<Record<Command['type'], Readonly<Record<string, Check>>>> = {
  apply: { file: text, text },
  delete: { object: text },
  scale: { object: text, replicas: number },
  cordon: { node: text, on: truth },
  drain: { node: text },
  rollout: { object: text, act: text },
  'set-image': { object: text, container: text, image: text },
  'add-node': { node: nodeSpec },
  'remove-node': { node: text },
  stop: { component: text },
  start: { component: text },
  'kill-container': { pod: text, container: text },
  'kill-sandbox': { pod: text },
  'set-registry': { domain: text, down: truth },
  'declare-image': { image: record },
  'open-stream': { pod: text, argv: wordsOrNull, stdin: truth, tty: truth },
  'stream-input': { stream: whole, input: record },
  'configure-kubelet': { node: text, settings: record },
  'reboot-node': { node: text },
  'shut-down-node': { node: text },
  'occupy-node': { node: text, diskBytes: number, memoryBytes: number },
  'run-alien-container': { node: text, name: text, image: text, argv: words },
  controller: { name: text, language: text, source: text, serviceAccount: text },
  'remove-controller': { name: text },
  'remove-alien-container': { node: text, name: text },
  'write-node-file': { node: text, path: text, content: textOrNull },
  request: { request: record, user: text, agent: text },
};

type Check = (value: unknown, where: string) => void;

/** The run, if |value| is one; throws a sentence for the reader otherwise. */
export function checkRun(value: unknown): RunFile {
  if (!isRecord(value) || value['format'] !== FORMAT) {
    throw new Error('This file is not a saved run of Kubeglass. Choose a file made with Save run.');
  }
  if (value['version'] !== VERSION) {
    throw new Error(
      `This run was saved in version ${String(value['version'])} of the format; this Kubeglass reads version ${VERSION}. Open it with the Kubeglass that saved it.`,
    );
  }
  checkConfig(value['config']);
  const { commands, step, at, hash, crash } = value;
  if (!Array.isArray(commands)) throw damaged('commands', 'is not a list');
  whole(step, 'step');
  number(at, 'at');
  text(hash, 'hash');
  if (crash !== undefined) text(crash, 'crash');
  let last = 0;
  for (const [i, entry] of commands.entries()) {
    const where = `commands[${i}]`;
    record(entry, where);
    const { at: given, step: after, command } = entry as Json;
    number(given, `${where}.at`);
    whole(after, `${where}.step`);
    if ((after as number) < last) throw damaged(`${where}.step`, 'goes back');
    if ((after as number) > (step as number)) {
      throw damaged(`${where}.step`, 'is later than the end of the run');
    }
    last = after as number;
    checkCommand(command, `${where}.command`);
  }
  return value as unknown as RunFile;
}

function checkConfig(config: unknown): void {
  record(config, 'config');
  const {
    seed,
    epoch,
    images = [],
    nodes,
    stopped,
    controlPlane,
    metrics,
    storage,
    cloud,
    masters,
  } = config as Json;
  whole(seed, 'config.seed');
  if ((seed as number) > MAX_SEED) throw damaged('config.seed', 'is too large');
  if (controlPlane !== undefined) truth(controlPlane, 'config.controlPlane');
  if (metrics !== undefined) truth(metrics, 'config.metrics');
  if (storage !== undefined) truth(storage, 'config.storage');
  if (cloud !== undefined) truth(cloud, 'config.cloud');
  if (masters !== undefined) {
    whole(masters, 'config.masters');
    if ((masters as number) < 1) throw damaged('config.masters', 'is less than 1');
    if ((masters as number) > MAX_MASTERS) throw damaged('config.masters', 'is too large');
  }
  text(epoch, 'config.epoch');
  if (Number.isNaN(Date.parse(epoch as string))) throw damaged('config.epoch', 'is not a time');
  if (!Array.isArray(nodes)) throw damaged('config.nodes', 'is not a list');
  if (nodes.length > MAX_NODES) throw damaged('config.nodes', `has more than ${MAX_NODES} entries`);
  for (const [i, node] of nodes.entries()) nodeSpec(node, `config.nodes[${i}]`);
  if (!Array.isArray(stopped)) throw damaged('config.stopped', 'is not a list');
  for (const [i, name] of stopped.entries()) text(name, `config.stopped[${i}]`);
  if (!Array.isArray(images)) throw damaged('config.images', 'is not a list');
  for (const image of images) {
    const [problem] = declarationProblems(image);
    if (problem !== undefined) throw damaged('config.images', `has a bad entry: ${problem}`);
  }
}

function checkCommand(command: unknown, where: string): void {
  record(command, where);
  const { type } = command as Json;
  text(type, `${where}.type`);
  if (!Object.hasOwn(COMMANDS, type as string)) {
    throw damaged(`${where}.type`, `is "${String(type)}", which is no command`);
  }
  for (const [name, check] of Object.entries(COMMANDS[type as Command['type']])) {
    check((command as Json)[name], `${where}.${name}`);
  }
}

function nodeSpec(value: unknown, where: string): void {
  record(value, where);
  const node = value as Partial<NodeSpec>;
  text(node.name, `${where}.name`);
  text(node.cpu, `${where}.cpu`);
  text(node.memory, `${where}.memory`);
  whole(node.pods, `${where}.pods`);
  text(node.zone, `${where}.zone`);
}

function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function record(value: unknown, where: string): void {
  if (!isRecord(value)) throw damaged(where, 'is not an object');
}

function text(value: unknown, where: string): void {
  if (typeof value !== 'string') throw damaged(where, 'is not a text');
}

function truth(value: unknown, where: string): void {
  if (typeof value !== 'boolean') throw damaged(where, 'is not true or false');
}

function wordsOrNull(value: unknown, where: string): void {
  if (value !== null) words(value, where);
}

function words(value: unknown, where: string): void {
  if (!Array.isArray(value)) throw damaged(where, 'is not a list');
  for (const [i, word] of value.entries()) text(word, `${where}[${i}]`);
}

function textOrNull(value: unknown, where: string): void {
  if (value !== null) text(value, where);
}

function number(value: unknown, where: string): void {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw damaged(where, 'is not a number');
}

function whole(value: unknown, where: string): void {
  if (!Number.isSafeInteger(value) || (value as number) < 0) {
    throw damaged(where, 'is not a whole number');
  }
}

function damaged(where: string, what: string): Error {
  return new Error(`The run file is damaged: ${where} ${what}.`);
}
