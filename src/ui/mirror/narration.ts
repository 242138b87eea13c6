/** One line of text for a span that the canvas draws, in the language of |text|. */
import { verbOf } from '../../port/drawn.ts';
import type { SpanRow } from '../../port/protocol.ts';
import type { NarrationText } from '../i18n/narration.ts';
import { refWords } from './refs.ts';

export function narrate(span: SpanRow, text: NarrationText): string {
  const object = refWords(span.object);
  switch (span.kind) {
    case 'command':
      return text.command(span.name, object);
    case 'request':
      return request(span, object, text);
    case 'watch':
      return text.watch(span.to, object, text.changes[span.name] ?? span.name);
    case 'schedule': {
      const node = detailText(span, 'node');
      return node === '' ? text.noNode(object) : text.scheduled(object, node);
    }
    case 'cri':
      return text.cri(span.from, span.to, span.name, withContainer(span, object));
    case 'container':
      return container(span, object, text);
    case 'work':
      return text.work(span.from, object);
    case 'sync':
      return text.sync(span.from, object);
    default:
      return text.note(span.from, span.name, object);
  }
}

function request(span: SpanRow, object: string, text: NarrationText): string {
  const code = detailText(span, 'code');
  const what = object === '' ? detailText(span, 'path') : object;
  const verb = verbOf(span);
  const part = span.name.slice(verb.length + 1);
  return text.request(span.from, text.verbs[verb] ?? verb, part, what, code, span.revision);
}

function container(span: SpanRow, object: string, text: NarrationText): string {
  const name = detailText(span, 'container');
  const code = detailText(span, 'exitCode');
  if (span.name === 'Started') return text.started(name, object, span.from);
  return code === ''
    ? text.note(name, span.name, object)
    : text.exited(name, object, span.name, code);
}

function withContainer(span: SpanRow, object: string): string {
  const name = detailText(span, 'container');
  return name === '' ? object : `${name} (${object})`;
}

/** A detail of a span as text; '' when it has none. */
export function detailText(span: SpanRow, key: string): string {
  const value = span.detail?.[key];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
