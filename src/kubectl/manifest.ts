/**
 * Manifests as kubectl reads them: several YAML (or JSON) documents in one text, with the position
 * of every node, so that a complaint can say where.
 *
 * Models:     k8s.io/cli-runtime pkg/resource visitor.go over sigs.k8s.io/yaml (YAML 1.1)
 * Simplified: anchors and merge keys are read by the `yaml` library, which is stricter than Go's
 */
import {
  type Document,
  isMap,
  isNode,
  isSeq,
  Lexer,
  LineCounter,
  type Node,
  parseAllDocuments,
} from 'yaml';
import type { Problem } from '../port/protocol.ts';

export interface ManifestDocument {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  /** Plain JSON. */
  readonly value: Readonly<Record<string, unknown>>;
  /** Line and column (from 1) of a field path such as `spec.containers[0].image`, or of its nearest parent. */
  readonly locate: (path: string) => { readonly line: number; readonly column: number };
}

export interface Manifest {
  readonly documents: readonly ManifestDocument[];
  readonly problems: readonly Problem[];
}

/** Larger texts are refused: Kubernetes itself takes at most 3 MiB a request. */
export const MAX_TEXT_BYTES = 5 * 1024 * 1024;
const MAX_ALIASES = 100;
/**
 * Nesting is read by recursion, and how deep that may go differs from one browser to the next. Go's
 * reader stops at 10,000; no kind of Kubernetes comes near either.
 */
const MAX_FLOW_DEPTH = 200;
const MAX_INDENT = 500;

/** YAML 1.1 as Go's parser has it: `yes` and `0777`, but no sexagesimals, dates or sets. */
function options(lineCounter: LineCounter): Parameters<typeof parseAllDocuments>[1] {
  return {
    version: '1.1',
    lineCounter,
    uniqueKeys: false,
    merge: true,
    customTags: (tags) =>
      tags.filter(
        (t) =>
          typeof t !== 'object' ||
          (t.format !== 'TIME' && !/timestamp|binary|set|omap|pairs/.test(t.tag)),
      ),
  };
}

export function readManifest(text: string): Manifest {
  if (text.length > MAX_TEXT_BYTES) {
    return refused(
      `The text is ${Math.ceil(text.length / 1024 / 1024)} MB long; at most ${MAX_TEXT_BYTES / 1024 / 1024} MB can be applied. Split it into smaller files.`,
    );
  }
  const deep = tooDeep(text);
  if (deep !== null) return refused(`yaml: line ${deep}: exceeded max depth`, deep);
  const lineCounter = new LineCounter();
  const parsed = parseAllDocuments(text, options(lineCounter));
  const problems: Problem[] = [];
  const documents: ManifestDocument[] = [];
  for (const doc of Array.isArray(parsed) ? parsed : []) {
    const bad = doc.errors[0];
    if (bad) {
      const at = lineCounter.linePos(bad.pos[0]);
      problems.push({
        severity: 'error',
        message: `error converting YAML to JSON: yaml: line ${at.line}: ${firstLine(bad.message)}`,
        line: at.line,
        column: at.col,
      });
      continue;
    }
    readDocument(doc as Document.Parsed, lineCounter, documents, problems);
  }
  return { documents, problems };
}

/** Line that is nested too deeply, or null. Most texts are seen to be flat at a glance. */
function tooDeep(text: string): number | null {
  const opened = text.split(/[[{]/).length - 1;
  if (opened <= MAX_FLOW_DEPTH && !/^(?: |- |\? ){200}/m.test(text)) return null;
  let line = 1;
  let flow = 0;
  let indent = 0;
  let atStart = true;
  for (const token of new Lexer().lex(text)) {
    const newlines = token.split('\n').length - 1;
    line += newlines;
    if (newlines > 0) {
      indent = 0;
      atStart = true;
    } else if (token === '[' || token === '{') flow++;
    else if (token === ']' || token === '}') flow = Math.max(0, flow - 1);
    else if (token === '-' || token === '?') indent++;
    else if (!/^ +$/.test(token)) atStart = false;
    else if (atStart) indent += token.length;
    if (flow > MAX_FLOW_DEPTH || indent > MAX_INDENT) return line;
  }
  return null;
}

function readDocument(
  doc: Document.Parsed,
  lineCounter: LineCounter,
  documents: ManifestDocument[],
  problems: Problem[],
): void {
  if (doc.contents === null) return;
  let value: unknown;
  try {
    value = doc.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (error) {
    problems.push({
      severity: 'error',
      message: `yaml: ${(error as Error).message}`,
      line: 1,
      column: 1,
    });
    return;
  }
  if (value === null || value === undefined) return;
  const locate = locator(doc, lineCounter);
  const missing = (message: string): void => {
    problems.push({ severity: 'error', message, ...locate('') });
  };
  if (typeof value !== 'object' || Array.isArray(value)) {
    missing('a manifest must be a map with apiVersion, kind and metadata');
    return;
  }
  const object = value as Record<string, unknown>;
  const { apiVersion, kind } = object;
  if (typeof kind !== 'string' || kind === '') {
    missing("Object 'Kind' is missing: add a line such as `kind: Pod`");
    return;
  }
  if (typeof apiVersion !== 'string' || apiVersion === '') {
    missing("Object 'apiVersion' is missing: add a line such as `apiVersion: v1`");
    return;
  }
  if (kind === 'List' && Array.isArray(object['items'])) {
    object['items'].forEach((item: unknown, i) => {
      if (typeof item !== 'object' || item === null) return;
      documents.push(
        documentOf(item as Record<string, unknown>, (p) => locate(`items[${i}].${p}`)),
      );
    });
    return;
  }
  documents.push(documentOf(object, locate));
}

function documentOf(
  value: Record<string, unknown>,
  locate: ManifestDocument['locate'],
): ManifestDocument {
  const metadata = (value['metadata'] ?? {}) as { name?: unknown; namespace?: unknown };
  return {
    apiVersion: String(value['apiVersion'] ?? ''),
    kind: String(value['kind'] ?? ''),
    name: typeof metadata.name === 'string' ? metadata.name : '',
    namespace: typeof metadata.namespace === 'string' ? metadata.namespace : '',
    value,
    locate,
  };
}

function locator(doc: Document.Parsed, lineCounter: LineCounter): ManifestDocument['locate'] {
  return (path) => {
    let node: unknown = doc.contents;
    let best = offsetOf(node) ?? 0;
    for (const step of path.match(/[^.[\]]+/g) ?? []) {
      let next: unknown;
      if (isMap(node)) {
        const pair = node.items.find(
          (p) => String(isNode(p.key) ? p.key.toJSON() : p.key) === step,
        );
        if (pair) best = offsetOf(pair.key) ?? best;
        next = pair?.value;
      } else if (isSeq(node)) {
        next = node.items[Number(step)];
        best = offsetOf(next) ?? best;
      }
      if (next === undefined || next === null) break;
      node = next;
    }
    const at = lineCounter.linePos(best);
    return { line: at.line, column: at.col };
  };
}

function offsetOf(node: unknown): number | undefined {
  return isNode(node) ? (node as Node).range?.[0] : undefined;
}

function firstLine(message: string): string {
  return message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? message;
}

function refused(message: string, line = 1): Manifest {
  return { documents: [], problems: [{ severity: 'error', message, line, column: 1 }] };
}
