/**
 * Reads YAML as the server does: version 1.1 (`yes` and `on` are booleans), timestamps as plain
 * text, the first document only, complaints in go-yaml's words.
 *
 * Models: sigs.k8s.io/yaml yaml.go, goyaml.v2 (v1.6)
 * Simplified: of go-yaml's syntax errors the common ones are worded exactly, others alike; of texts
 *             that are not simple (yaml-simple.ts) the size is bounded by the work they make
 */
import {
  Document,
  type DocumentOptions,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  type ParseOptions,
  type ScalarTag,
  type SchemaOptions,
  visit,
  type YAMLParseError,
} from 'yaml';
import { type DuplicateKeys, JsonSyntaxError, parseJson } from './json-text.ts';
import { goQuote } from './go-text.ts';
import { failure } from './status.ts';
import { readSimpleYaml } from './yaml-simple.ts';

export interface ParsedYaml {
  readonly value: unknown;
  readonly duplicates: DuplicateKeys;
  /** Keys written twice, as strict reading words them; '' when none. */
  readonly strictYaml: string;
}

/** The text is not YAML; the message is go-yaml's, with its `yaml: `. */
export class YamlSyntaxError extends Error {
  override readonly name = 'YamlSyntaxError';
}

const NO_DUPLICATES: DuplicateKeys = new Map();
const MAX_ALIASES = 100;
/** Longer texts are first tried as simple ones, in characters. */
const MAX_SLOW_LENGTH = 20_000;
const MAX_FLOW_LEVEL = 10_000; // goyaml.v2 scannerc.go max_flow_level
/** What the full reader reads in a second or so. */
const MAX_SLOW_PARTS = 100_000;
/** Numbers have digits: a lone `.` and `e0` are texts, whatever the YAML package thinks. */
const FLOAT = /^[-+]?(?:[0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*)$/;
const FLOAT_EXPONENT = /^[-+]?(?:[0-9][0-9_]*(?:\.[0-9_]*)?|\.[0-9][0-9_]*)[eE][-+]?[0-9]+$/;

function withDigits<T extends object>(tag: T): T {
  if (!('test' in tag && tag.test instanceof RegExp)) return tag;
  if (tag.test.test('.')) return { ...tag, test: FLOAT };
  return tag.test.test('e0') ? { ...tag, test: FLOAT_EXPONENT } : tag;
}
/** Tags of YAML 1.1 that go-yaml leaves as plain text or does not know. */
const LEFT_AS_TEXT = /:(?:timestamp|set|omap|pairs|binary)$/;

const OPTIONS: DocumentOptions & ParseOptions & SchemaOptions = {
  version: '1.1',
  schema: 'yaml-1.1',
  uniqueKeys: false,
  merge: true,
  prettyErrors: false,
  logLevel: 'silent',
  customTags: (tags) =>
    tags
      .filter((tag) => {
        if (typeof tag === 'string') {
          return !LEFT_AS_TEXT.test(`:${tag}`) && !tag.endsWith('Time');
        }
        return !LEFT_AS_TEXT.test(tag.tag) && !('format' in tag && tag.format === 'TIME');
      })
      .map((tag) => (typeof tag === 'string' ? tag : withDigits(tag))) as typeof tags,
};

export function parseYaml(text: string): ParsedYaml {
  const json = asJson(text);
  if (json) return json;
  if (text.length > MAX_SLOW_LENGTH) {
    const simple = readSimpleYaml(text, resolvePlain);
    if (simple) return { value: simple.value, duplicates: NO_DUPLICATES, strictYaml: '' };
    checkEffort(text);
  }
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { ...OPTIONS, lineCounter: lines });
  if (!Array.isArray(documents) || documents.length === 0) {
    return { value: null, duplicates: NO_DUPLICATES, strictYaml: '' };
  }
  const document = documents[0];
  if (document === undefined) return { value: null, duplicates: NO_DUPLICATES, strictYaml: '' };
  const error = document.errors[0];
  if (error !== undefined) throw new YamlSyntaxError(goYamlText(error, lines, text));
  const repeated: string[] = [];
  visit(document, {
    Map(_, map) {
      const seen = new Set<unknown>();
      for (const { key } of map.items) {
        if (isMap(key) || isSeq(key)) throw new YamlSyntaxError(keyText(isMap(key)));
        if (!isScalar(key)) continue;
        const value = key.value;
        if (seen.has(value)) {
          const { line } = lines.linePos(key.range?.[0] ?? 0);
          repeated.push(`  line ${line}: key ${goQuote(String(value))} already set in map`);
        }
        seen.add(value);
      }
    },
  });
  return {
    value: plain(document),
    duplicates: NO_DUPLICATES,
    strictYaml: repeated.length === 0 ? '' : `yaml: unmarshal errors:\n${repeated.join('\n')}`,
  };
}

/** The tags that plain scalars may turn out to have. */
let plainTags: readonly ScalarTag[] | null = null;

/** What the full reader makes of a plain scalar: the first tag whose test it passes. */
function resolvePlain(text: string): unknown {
  plainTags ??= new Document(null, OPTIONS).schema.tags.filter(
    (tag): tag is ScalarTag => tag.default === true && 'test' in tag && tag.test !== undefined,
  );
  const tag = plainTags.find(({ test }) => test?.test(text));
  if (!tag) return text;
  const value = tag.resolve(
    text,
    (message) => {
      throw new YamlSyntaxError(`yaml: ${message}`);
    },
    {},
  );
  return isScalar(value) ? value.value : value;
}

/** The full reader takes some ten microseconds for each of these. */
const STRUCTURE = /[\n,:[\]{}]|- /g;

/** Upstream reads whatever has three megabytes; here a text of ever so many parts is refused. */
function checkEffort(text: string): void {
  let parts = 0;
  let depth = 0;
  for (const { 0: part, index } of text.matchAll(STRUCTURE)) {
    parts++;
    if (part === '[' || part === '{') depth++;
    else if (part === ']' || part === '}') depth--;
    if (depth > MAX_FLOW_LEVEL) throw new YamlSyntaxError(tooDeepText(text, index));
  }
  if (parts <= MAX_SLOW_PARTS) return;
  const advice = 'send it as JSON, or without comments, anchors and texts of many lines';
  const message = `Request entity too large: YAML of ${parts} parts is too much to read: ${advice}`;
  throw failure(413, 'RequestEntityTooLarge', message, {});
}

function tooDeepText(text: string, at: number): string {
  const line = text.slice(0, at).split('\n').length;
  return `yaml: ${line > 1 ? `line ${line}: ` : ''}exceeded max depth of ${MAX_FLOW_LEVEL}`;
}

/** Programs write JSON where YAML is asked for: that is read a hundred times as fast. */
function asJson(text: string): ParsedYaml | null {
  if (!text.startsWith('{')) return null;
  try {
    const { value, duplicates } = parseJson(text);
    // Keys written twice are told with their lines, which only the other reader knows.
    return duplicates.size > 0 ? null : { value, duplicates, strictYaml: '' };
  } catch (error) {
    if (error instanceof JsonSyntaxError) return null;
    throw error;
  }
}

function keyText(isMapping: boolean): string {
  return `yaml: invalid map key: ${isMapping ? 'map[interface {}]interface {}{}' : '[]interface {}{}'}`;
}

function plain(document: { contents: unknown; toJS(options: { maxAliasCount: number }): unknown }) {
  if (isMap(document.contents) && document.contents.items.length === 0) return {};
  try {
    return document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (error) {
    // An alias without its anchor, or so many aliases that the document would explode.
    throw new YamlSyntaxError(`yaml: ${error instanceof Error ? error.message : 'bad alias'}`);
  }
}

/** Scanner errors count lines from one, parser errors from zero and not at all on the first. */
function goYamlText(error: YAMLParseError, lines: LineCounter, text: string): string {
  const { line } = lines.linePos(error.pos[0]);
  const scanner = (text: string): string => `yaml: line ${line}: ${text}`;
  const parser = (text: string): string =>
    line > 1 ? `yaml: line ${line - 1}: ${text}` : `yaml: ${text}`;
  switch (error.code) {
    case 'TAB_AS_INDENT':
    case 'BAD_SCALAR_START':
      return scanner('found character that cannot start any token');
    case 'BLOCK_AS_IMPLICIT_KEY':
    case 'BLOCK_IN_FLOW':
      return scanner('mapping values are not allowed in this context');
    case 'MULTILINE_IMPLICIT_KEY':
      return scanner("could not find expected ':'");
    case 'MISSING_CHAR':
      if (error.message.includes('quote')) return scanner('found unexpected end of stream');
      return openFlowText(error, text);
    case 'UNEXPECTED_TOKEN':
      if (/flow-(?:map|seq)-end|comma/.test(error.message)) {
        return scanner('did not find expected node content');
      }
      return parser('did not find expected key');
    default:
      if (error.message.includes('end with a ')) return openFlowText(error, text);
      return parser('did not find expected key');
  }
}

/** A list or map in brackets that the text ends in; go-yaml is then on the line after. */
function openFlowText(error: YAMLParseError, text: string): string {
  const lines = text.split('\n');
  const end = text.endsWith('\n') ? lines.length - 1 : lines.length;
  if (/[[{,]\s*$/.test(text)) return `yaml: line ${end}: did not find expected node content`;
  const bracket = error.message.includes('}') ? '}' : ']';
  return `yaml: line ${end}: did not find expected ',' or '${bracket}'`;
}
