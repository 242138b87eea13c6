/** What goes over the wire for a value: JSON, YAML or protobuf, whole or broken. */
import fc from 'fast-check';
import { protobufBody } from './protobuf-write.ts';
import { isObject, plain, type Value, writeText } from './text.ts';

export interface Body {
  readonly value: Value;
  readonly form: 'json' | 'yaml' | 'protobuf' | 'text';
  readonly text?: string;
  readonly damage: Damage;
}

/** How the bytes are broken, if at all. `at` counts from the start, around the end. */
export interface Damage {
  readonly how: 'none' | 'cut' | 'flip' | 'utf8' | 'insert';
  readonly at: number;
}

/** Texts that no value is written as. */
const TEXTS: readonly string[] = [
  '',
  ' ',
  '\ufeff{}',
  '{} {}',
  '{',
  'null',
  '[]',
  '"x"',
  '0',
  '{"a":1,}',
  '{"kind":"List","apiVersion":"v1","items":[{}]}',
  '{"kind":1}',
  '{"kind":"Pod","apiVersion":["v1"]}',
  '{"apiVersion":"v1","kind":"ConfigMap","metadata":"x"}',
  '{"metadata":{"name":"a","labels":{"a":"b","a":"c"}},"metadata":{"name":"b"}}',
  `{"metadata":{"name":"a","annotations":{"a":"${'x'.repeat(300_000)}"}}}`,
  `{"data":{"a":"${'x'.repeat(1_600_000)}"}}`,
];

/** YAML of the kind that parsers stumble over. */
const YAML: readonly string[] = [
  'metadata: {name: a}\ndata: &x {a: *x}\n',
  `a: &a [x]\n${Array.from({ length: 26 }, (_, i) => `a${i}: &a${i} [*a${i ? i - 1 : ''}, *a${i ? i - 1 : ''}]`).join('\n')}\n`,
  'metadata:\n\tname: a\n',
  'metadata: {name: a}\n---\nmetadata: {name: b}\n',
  '? {a: b}\n: c\n',
  '!!binary x: y\n',
  'y: n\n<<: {a: b}\n',
  '1: 2\n0x1: 3\n1.0: 4\n',
  'a: .inf\nb: .nan\nc: 0o7\nd: 1_000\ne: 2026-01-01\n',
  '"__proto__": {polluted: 1}\n',
  '- a\n- b\n',
  '%YAML 9.9\n--- \n',
  'a: |\n  x\n y\n',
  ': : :\n',
  '*a',
  '\u0000',
];

const damage: fc.Arbitrary<Damage> = fc.oneof(
  { weight: 30, arbitrary: fc.constant<Damage>({ how: 'none', at: 0 }) },
  {
    weight: 1,
    arbitrary: fc.record<Damage>({
      how: fc.constantFrom('cut', 'flip', 'utf8', 'insert'),
      at: fc.nat({ max: 4_000 }),
    }),
  },
);
const protobufDamage: fc.Arbitrary<Damage> = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Damage>({ how: 'none', at: 0 }) },
  {
    weight: 1,
    arbitrary: fc.record<Damage>({
      how: fc.constantFrom('cut', 'flip', 'utf8', 'insert'),
      at: fc.nat({ max: 4_000 }),
    }),
  },
);

export function body(values: fc.Arbitrary<Value>): fc.Arbitrary<Body> {
  const of = (form: Body['form'], broken = damage): fc.Arbitrary<Body> =>
    fc.tuple(values, broken).map(([value, d]) => ({ value, form, damage: d }));
  const texts = (form: Body['form'], list: readonly string[]): fc.Arbitrary<Body> =>
    fc
      .constantFrom(...list)
      .map((text) => ({ value: null, form, text, damage: { how: 'none' as const, at: 0 } }));
  return fc.oneof(
    { weight: 40, arbitrary: of('json') },
    { weight: 3, arbitrary: of('yaml') },
    { weight: 4, arbitrary: of('protobuf', protobufDamage) },
    { weight: 1, arbitrary: texts('json', TEXTS) },
    { weight: 1, arbitrary: texts('yaml', [...YAML, ...TEXTS.slice(0, 8)]) },
    { weight: 1, arbitrary: texts('text', TEXTS.slice(0, 4)) },
  );
}

const CONTENT_TYPES: Readonly<Record<Body['form'], string>> = {
  json: 'application/json',
  yaml: 'application/yaml',
  protobuf: 'application/vnd.kubernetes.protobuf',
  text: 'text/plain',
};

/** Bytes and media type. |definition| is the schema's name, which the protobuf form needs. */
export function wire(
  { value, form, text, damage: broken }: Body,
  definition: unknown,
): { readonly bytes: Uint8Array; readonly contentType: string } {
  const contentType = CONTENT_TYPES[form];
  if (form === 'protobuf' && typeof definition === 'string') {
    const gvk = isObject(value) ? value : {};
    const bytes = protobufBody(
      definition,
      { apiVersion: textOf(gvk['apiVersion']), kind: textOf(gvk['kind']) },
      plain(value),
    );
    if (bytes) return { bytes: damaged(bytes, broken), contentType };
  }
  const bytes = new TextEncoder().encode(text ?? writeText(value));
  return { bytes: damaged(bytes, broken), contentType };
}

function textOf(value: Value | undefined): string {
  return typeof value === 'string' ? value : '';
}

function damaged(bytes: Uint8Array, { how, at }: Damage): Uint8Array {
  if (how === 'none' || bytes.length === 0) return bytes;
  const place = at % bytes.length;
  if (how === 'cut') return bytes.slice(0, place);
  const before = [...bytes.subarray(0, place)];
  const after = bytes.subarray(place);
  if (how === 'insert') return new Uint8Array([...before, 0x7b, ...after]);
  if (how === 'utf8') return new Uint8Array([...before, 0xff, 0xc0, 0x80, ...after]);
  const flipped = new Uint8Array(bytes);
  flipped[place] = (flipped[place] ?? 0) ^ (1 << (at % 8));
  return flipped;
}
