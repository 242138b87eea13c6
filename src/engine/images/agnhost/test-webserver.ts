/**
 * `agnhost test-webserver`: serves the files of the container, from its root.
 *
 * Models:     test/images/agnhost/test-webserver test-webserver.go (v1.36)
 * Simplified: of types only those that tests look at; no index pages
 */
import type { Proc } from '../../../kernel/process.ts';
import type { HttpRequest, HttpResponse, ProcessContext } from '../../node/runtime/program.ts';
import { numberFlag, open, text, waitForEnd } from './program.ts';

const DEFAULT_PORT = 80;
const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  json: 'application/json',
};

export function* testWebserver(context: ProcessContext, args: readonly string[]): Proc<number> {
  const serve = (request: HttpRequest): HttpResponse => {
    const path = request.path.replace(/\?.*$/, '');
    if (context.fs.kind(path) === 'directory') return list(context, path);
    const body = context.fs.read(path);
    if (body === undefined) return text(404, '404 page not found\n');
    const type = TYPES[path.slice(path.lastIndexOf('.') + 1)] ?? 'text/plain; charset=utf-8';
    return { status: 200, headers: { 'Content-Type': type }, body };
  };
  if (!open(context, numberFlag(args, 'port', DEFAULT_PORT), serve)) return 1;
  return yield* waitForEnd(context);
}

function list(context: ProcessContext, path: string): HttpResponse {
  const names = context.fs.list(path) ?? [];
  const lines = names.map((name) => {
    const below = `${path.replace(/\/$/, '')}/${name}`;
    const shown = context.fs.kind(below) === 'directory' ? `${name}/` : name;
    return `<a href="${shown}">${shown}</a>\n`;
  });
  const body = `<pre>\n${lines.join('')}</pre>\n`;
  return { status: 200, headers: { 'Content-Type': TYPES['html'] as string }, body };
}
