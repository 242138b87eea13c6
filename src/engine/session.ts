/**
 * A run: a cluster, and the log of outside acts that made it what it is. Saving keeps seed,
 * configuration and log; opening replays them, event by event, to the same trace.
 *
 * Programs such as `kubectl apply` are handed in by whoever builds the session: the engine itself
 * knows only the API they talk to.
 */
import { Node } from '../api/kinds/node.ts';
import { CommandLog } from '../kernel/command-log.ts';
import { type Proc, type Process, sleep } from '../kernel/process.ts';
import type {
  ApiRequest,
  ApiResponse,
  Command,
  CommandResult,
  NodeSpec,
  RunConfig,
  RunFile,
} from '../port/protocol.ts';
import type { KubectlCommand, Pause } from '../port/protocol-kubectl.ts';
import type { NodeCommand, RunAlienContainer } from '../port/protocol-node.ts';
import type { ImageDeclaration } from '../port/protocol-image.ts';
import { isDNS1123Subdomain } from '../api/meta/names.ts';
import { quantitySign, tryParseQuantity } from '../api/meta/quantity.ts';
import { isApiError } from '../api/meta/status.ts';
import { decodeUtf8 } from '../api/meta/utf8.ts';
import type { Caller } from './apiserver/call.ts';
import { ADMIN, handle } from './apiserver/rest/handle.ts';
import { ConnectionRefused } from './apiserver/server.ts';
import { EngineAssertion } from '../kernel/assert.ts';
import { runAlienContainer, runNodeCommand } from './node-commands.ts';
import { Cluster, type ClusterOptions } from './cluster.ts';
import { isSession } from './apiserver/rest/stream.ts';
import { StreamTable } from './streams.ts';

/** A program over the API that ends with what a person reads. */
export type CommandProgram = Generator<ApiRequest | Pause, CommandResult, ApiResponse>;

export interface Programs {
  apply(file: string, text: string): CommandProgram;
  delete(ref: string, graceSeconds?: number): CommandProgram;
  scale(ref: string, replicas: number): CommandProgram;
  kubectl(command: KubectlCommand, nowMs: number): CommandProgram;
}

const PERSON: Caller = { user: ADMIN, agent: 'kubectl', actor: 'kubectl' };

/** What kubectl prints when nobody listens where the API server should. */
const NOBODY_ANSWERS =
  'The connection to the server kube-apiserver:6443 was refused - did you specify the right host or port?';

const MICROS_PER_MS = 1_000;
const NO_ANSWER: ApiResponse = { code: 0, headers: {}, body: new Uint8Array() };

const OK: CommandResult = { stdout: '', stderr: '', exitCode: 0, problems: [] };

export class Session {
  readonly config: RunConfig;
  readonly cluster: Cluster;
  readonly log = new CommandLog<Command>();
  /** Connections into Pods that the page holds. */
  readonly streams = new StreamTable();
  #programs: Programs;
  /** The last kubectl: a person's shell runs one after the other. */
  #shell: Process<CommandResult> | null = null;
  /** Commands given and not yet ended. */
  pending = 0;

  /** |begun| is told when the cluster stands and nothing has happened in it yet. */
  constructor(
    config: RunConfig,
    programs: Programs,
    options: ClusterOptions = {},
    begun: (session: Session) => void = () => {},
  ) {
    this.config = config;
    this.#programs = programs;
    this.cluster = new Cluster(config, options);
    begun(this);
  }

  /** Records |command| and sets it going; |done| hears how it ended. */
  give(command: Command, done: (result: CommandResult) => void = () => {}): void {
    const { kernel } = this.cluster;
    this.log.record(kernel.now, kernel.steps, command);
    const span = kernel.trace.begin(kernel.now, 0, {
      // What is typed is no act of its own: the timeline would be full of it.
      kind: command.type === 'stream-input' ? 'input' : 'command',
      name: command.type,
      from: 'kubectl',
      object: subjectOf(command),
    });
    this.pending++;
    const before = this.#shell;
    const process = kernel.spawn(`command ${command.type}`, this.#run(command, before), {
      cause: span.id,
      periodic: false,
      scope: null,
      joined: true,
    });
    if (isKubectl(command)) this.#shell = process;
    process.subscribe({
      kernel,
      wake: (value) => {
        this.pending--;
        const result = value as CommandResult;
        kernel.end(span, { detail: { exitCode: result.exitCode } });
        done(result);
      },
      wakeError: (error) => {
        this.pending--;
        kernel.end(span, { detail: { exitCode: 1 } });
        done(failedWith(error));
      },
    });
  }

  save(crash?: string): RunFile {
    const { kernel } = this.cluster;
    return {
      format: 'kubeglass-run',
      version: 1,
      config: this.config,
      commands: this.log.entries,
      at: kernel.now,
      step: kernel.steps,
      hash: kernel.trace.hash,
      ...(crash === undefined ? {} : { crash }),
    };
  }

  /**
   * Repeats a saved run up to where it stood, or up to an earlier event.
   */
  static open(
    run: RunFile,
    programs: Programs,
    options: ClusterOptions = {},
    upTo: number = run.step,
    begun: (session: Session) => void = () => {},
  ): Session {
    const session = new Session(run.config, programs, options, begun);
    const { kernel } = session.cluster;
    for (const { at, step, command } of run.commands) {
      if (step > upTo) break;
      session.#runTo(step);
      kernel.advanceTo(at);
      session.give(command);
    }
    session.#runTo(upTo);
    if (upTo === run.step) kernel.advanceTo(run.at);
    return session;
  }

  #runTo(step: number): void {
    const { kernel } = this.cluster;
    while (kernel.steps < step && kernel.step());
  }

  *#run(command: Command, before: Process<CommandResult> | null): Proc<CommandResult> {
    if (isKubectl(command) && before && !before.done) yield* before.finished();
    switch (command.type) {
      case 'apply':
        return yield* this.#drive(this.#programs.apply(command.file, command.text));
      case 'delete':
        return yield* this.#drive(this.#programs.delete(command.object, command.graceSeconds));
      case 'scale':
        return yield* this.#drive(this.#programs.scale(command.object, command.replicas));
      case 'cordon':
      case 'drain':
      case 'rollout':
      case 'set-image':
        return yield* this.#drive(this.#programs.kubectl(command, this.cluster.kernel.nowMs));
      case 'add-node':
        return this.#addNode(command.node);
      case 'remove-node':
        return yield* this.#removeNode(command.node);
      case 'stop':
      case 'start':
        return this.#switch(command.component, command.type);
      case 'kill-container':
        return this.#killContainer(command.pod, command.container);
      case 'kill-sandbox':
        return this.#killSandbox(command.pod);
      case 'controller':
        return this.cluster.ownControllers.put(command);
      case 'remove-controller':
        return this.cluster.ownControllers.remove(command);
      case 'set-registry':
        return this.#setRegistry(command.domain, command.down);
      case 'declare-image':
        return this.#declareImage(command.image);
      case 'open-stream':
        return yield* this.#openStream(command);
      case 'stream-input':
        this.streams.input(command.stream, command.input);
        return OK;
      case 'configure-kubelet':
      case 'write-node-file':
      case 'occupy-node':
      case 'remove-alien-container':
      case 'shut-down-node':
      case 'reboot-node':
        return this.#atNode(command);
      case 'run-alien-container':
        return yield* this.#runAlien(command);
      case 'request': {
        const answer = yield* handle(this.cluster.server, command.request, {
          tokens: {},
          anonymous: { name: command.user, groups: ADMIN.groups },
        });
        return { ...OK, exitCode: answer.code < 300 ? 0 : 1 };
      }
    }
  }

  *#drive(program: CommandProgram): Proc<CommandResult> {
    let next = program.next();
    // What a program is given after a pause says nothing.
    while (!next.done) {
      if ('sleepMs' in next.value) {
        yield* sleep(next.value.sleepMs * MICROS_PER_MS);
        next = program.next(NO_ANSWER);
        continue;
      }
      const answer = yield* handle(this.cluster.server, next.value);
      if (answer.code === 503 && !this.cluster.server.scope.alive)
        return failedWith(NOBODY_ANSWERS);
      next = program.next(answer);
    }
    return next.value;
  }

  #addNode(node: NodeSpec): CommandResult {
    const wrong = whatIsWrong(node);
    if (wrong !== '') return failedWith(wrong);
    if (this.cluster.machines.has(node.name)) {
      return failedWith(`there is a node "${node.name}" already`);
    }
    this.cluster.addNode(node);
    return { ...OK, stdout: `node "${node.name}" added\n` };
  }

  *#removeNode(name: string): Proc<CommandResult> {
    this.cluster.removeNode(name);
    if (this.cluster.inCloud) return { ...OK, stdout: `machine of node "${name}" removed\n` };
    try {
      yield* this.cluster.client(PERSON).delete(Node, '', name);
    } catch (error) {
      if (error instanceof ConnectionRefused) return failedWith(NOBODY_ANSWERS);
      if (!isApiError(error)) throw error;
      return failedWith(error);
    }
    return { ...OK, stdout: `node "${name}" deleted\n` };
  }

  *#openStream(command: Extract<Command, { type: 'open-stream' }>): Proc<CommandResult> {
    const { argv, container, pod, stdin, tty } = command;
    const [, namespace = '', name = ''] = pod.split('/');
    const what = argv === null ? 'attach' : 'exec';
    const is = (value: boolean): readonly string[] => [String(value)];
    const answer = yield* handle(this.cluster.server, {
      method: 'GET',
      path: `/api/v1/namespaces/${namespace}/pods/${name}/${what}`,
      query: {
        stdin: is(stdin),
        stdout: is(true),
        stderr: is(!tty),
        tty: is(tty),
        ...(container === undefined ? {} : { container: [container] }),
        ...(argv === null ? {} : { command: argv }),
      },
      headers: { connection: 'Upgrade', upgrade: 'websocket', 'user-agent': 'kubectl' },
      body: null,
    });
    if (isSession(answer)) return { ...OK, stream: this.streams.add(answer.session) };
    return failedWith(new Error(refusalIn(answer)));
  }

  #atNode(command: NodeCommand): CommandResult {
    try {
      return runNodeCommand(this.cluster, command);
    } catch (error) {
      if (error instanceof EngineAssertion) throw error;
      return failedWith(error);
    }
  }

  *#runAlien(command: RunAlienContainer): Proc<CommandResult> {
    try {
      return yield* runAlienContainer(this.cluster, command);
    } catch (error) {
      if (error instanceof EngineAssertion) throw error;
      return failedWith(error);
    }
  }

  #killContainer(ref: string, name: string): CommandResult {
    const found = this.cluster.findPod(ref);
    const info = found?.machine.runtime.container(found.uid, name)?.info;
    if (!found || info?.state !== 'running') {
      return failedWith(`container "${name}" of ${ref} does not run`);
    }
    found.machine.runtime.kill(info.id);
    return OK;
  }

  #killSandbox(ref: string): CommandResult {
    const found = this.cluster.findPod(ref);
    if (!found?.machine.runtime.status(found.uid).sandbox?.ready) {
      return failedWith(`${ref} has no sandbox`);
    }
    found.machine.runtime.killSandbox(found.uid);
    return OK;
  }

  #setRegistry(domain: string, down: boolean): CommandResult {
    const { kernel, registry } = this.cluster;
    if (!registry.host(domain)) {
      const known = registry.domains.join(', ');
      return failedWith(`there is no registry "${domain}"; there are: ${known}`);
    }
    registry.setDown(domain, down);
    kernel.point({ kind: 'note', name: down ? 'stopped' : 'started', from: `registry/${domain}` });
    return OK;
  }

  #declareImage(image: ImageDeclaration): CommandResult {
    try {
      const { repository, tags } = this.cluster.declareImage(image);
      const names = Object.keys(tags).map((tag) => `${repository}:${tag}`);
      return { ...OK, stdout: `image ${names.join(', ')} declared\n` };
    } catch (error) {
      return failedWith(error);
    }
  }

  #switch(name: string, how: 'stop' | 'start'): CommandResult {
    const component = this.cluster.component(name);
    if (!component) {
      const known = this.cluster.components().map((c) => c.name);
      return failedWith(
        name === 'etcd'
          ? 'etcd can be stopped by itself only where it runs on cp-1; stop kube-apiserver, which alone talks to it'
          : `there is no component "${name}"; there are: ${known.join(', ')}`,
      );
    }
    if (how === 'stop') component.stop();
    else component.start();
    this.cluster.kernel.point({
      kind: 'note',
      name: how === 'stop' ? 'stopped' : 'started',
      from: name,
    });
    return OK;
  }
}

/** A drain may take for ever: it has a shell of its own. */
const IN_ORDER: ReadonlySet<Command['type']> = new Set([
  'apply',
  'cordon',
  'delete',
  'rollout',
  'scale',
  'set-image',
]);

function isKubectl(command: Command): boolean {
  return IN_ORDER.has(command.type);
}

/** '' when a machine can be built like that. */
function whatIsWrong({ name, cpu, memory, pods }: NodeSpec): string {
  const bad = isDNS1123Subdomain(name)[0];
  if (bad !== undefined) return `a node cannot be named "${name}": ${bad}`;
  for (const [what, text] of Object.entries({ cpu, memory })) {
    if (typeof tryParseQuantity(text) === 'string' || quantitySign(text) <= 0) {
      return `"${text}" is not an amount of ${what} such as 4 or 8Gi`;
    }
  }
  if (Number.isSafeInteger(pods) && pods >= 0) return '';
  return `"${pods}" is not a number of Pods`;
}

function subjectOf(command: Command): string {
  switch (command.type) {
    case 'apply':
      return command.file;
    case 'delete':
    case 'scale':
    case 'rollout':
    case 'set-image':
      return command.object;
    case 'cordon':
    case 'drain':
      return `Node//${command.node}`;
    case 'add-node':
      return `Node//${command.node.name}`;
    case 'remove-node':
      return `Node//${command.node}`;
    case 'stop':
    case 'start':
      return command.component;
    case 'kill-container':
    case 'kill-sandbox':
    case 'open-stream':
      return command.pod;
    case 'stream-input':
      return '';
    case 'configure-kubelet':
    case 'shut-down-node':
    case 'reboot-node':
    case 'occupy-node':
    case 'write-node-file':
    case 'run-alien-container':
    case 'remove-alien-container':
      return `Node//${command.node}`;
    case 'set-registry':
      return command.domain;
    case 'declare-image':
      return command.image.name;
    case 'controller':
    case 'remove-controller':
      return command.name;
    case 'request':
      return command.request.path;
  }
}

/** The message of a Status, or the kubelet's plain words. */
function refusalIn({ body }: ApiResponse): string {
  const text = decodeUtf8(body);
  if (!text.startsWith('{')) return `unable to upgrade connection: ${text}`;
  return (JSON.parse(text) as { readonly message?: string }).message ?? text;
}

function failedWith(error: unknown): CommandResult {
  const message = error instanceof Error ? error.message : String(error);
  return {
    stdout: '',
    stderr: message === NOBODY_ANSWERS ? `${message}\n` : `error: ${message}\n`,
    exitCode: 1,
    problems: [{ severity: 'error', message }],
  };
}
