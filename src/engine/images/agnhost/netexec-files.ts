/**
 * /shell and /upload of `agnhost netexec`.
 *
 * Models: test/images/agnhost/netexec/netexec.go, shellHandler, uploadHandler (v1.36)
 */
import { goJson } from '../../../api/meta/go-text.ts';
import { type Proc, wait } from '../../../kernel/process.ts';
import { NULL_FILE, TextSink } from '../../node/runtime/open-file.ts';
import type {
  ExitStatus,
  HttpRequest,
  HttpResponse,
  ProcessContext,
} from '../../node/runtime/program.ts';
import type { FormValues } from '../tools/go-values.ts';
import { log, text } from './program.ts';

const SHELL = '/bin/sh';
const UPLOADS = '/uploads';
const UPLOAD_MODE = 0o700;
const RANDOM_DIGITS = 10;
/** As os/exec names the signals that ended a command. */
const SIGNAL_WORDS: Readonly<Record<string, string>> = {
  SIGKILL: 'killed',
  SIGTERM: 'terminated',
  SIGINT: 'interrupt',
  SIGHUP: 'hangup',
};

interface Host {
  readonly context: ProcessContext;
}

export function* shell({ context }: Host, values: FormValues): Proc<HttpResponse> {
  const command = values.get('shellCommand') || values.get('cmd');
  log(context, `GET /shell?cmd=${command}`);
  let said = '';
  const sink = new TextSink((piece) => {
    said += piece;
  });
  const child = context.spawn({
    argv: [SHELL, '-c', command],
    run: SHELL,
    env: context.env,
    cwd: context.cwd,
    files: [NULL_FILE, sink, sink],
  });
  const output: Record<string, string> = {};
  let error = '';
  if (typeof child === 'string') error = `fork/exec ${SHELL}: ${child.toLowerCase()}`;
  else error = exitError(yield* wait(child.exited));
  if (said !== '') output['output'] = said;
  if (error !== '') output['error'] = error;
  const pairs = Object.entries(output).sort(([a], [b]) => (a < b ? -1 : 1));
  log(context, `Output: map[${pairs.map(([name, value]) => `${name}:${value}`).join(' ')}]`);
  return text(200, goJson(Object.fromEntries(pairs)));
}

/** exec.ExitError; '' when the command succeeded. */
function exitError({ exitCode, signal }: ExitStatus): string {
  if (signal) return `signal: ${SIGNAL_WORDS[signal] ?? signal}`;
  return exitCode === 0 ? '' : `exit status ${exitCode}`;
}

export function upload({ context }: Host, _values: FormValues, request: HttpRequest): HttpResponse {
  log(context, 'GET /upload');
  const content = uploaded(request);
  if (content === null) return refused(context, 'Unable to upload file.');
  const digits = context.kernel
    .rng(`uploads ${context.hostname}`)
    .text(RANDOM_DIGITS, '0123456789');
  const path = `${UPLOADS}/upload${digits}`;
  const problem = context.fs.write(path, content, false) ?? context.fs.setMode(path, UPLOAD_MODE);
  if (problem !== null) return refused(context, 'Unable to open file for write');
  log(context, `Wrote upload to ${path}`);
  return text(201, goJson({ output: path }));
}

function refused(context: ProcessContext, error: string): HttpResponse {
  log(context, error);
  return text(200, goJson({ error }));
}

/** The part named `file` of a multipart form; null when there is none. */
function uploaded({ headers, body }: HttpRequest): string | null {
  const type = headers['Content-Type'] ?? '';
  const boundary = /^multipart\/form-data;.*boundary="?([^";]+)"?/i.exec(type)?.[1];
  if (boundary === undefined) return null;
  for (const part of body.split(`--${boundary}`)) {
    const end = part.indexOf('\r\n\r\n');
    if (end < 0 || !/name="?file"?[;\r\n]/i.test(`${part.slice(0, end)}\r\n`)) continue;
    return part.slice(end + '\r\n\r\n'.length).replace(/\r\n$/, '');
  }
  return null;
}
