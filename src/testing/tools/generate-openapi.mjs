/**
 * Generates src/api/generated/openapi/: the OpenAPI documents of a real kube-apiserver 1.36.3, byte
 * for byte, descriptions included. The recorded documents (src/testing/goldens/api/openapi) say what
 * there is and in which order; the descriptions, which they leave out, come from the documents that
 * Kubernetes publishes with its source, those of enumerations from its generated definitions. The
 * hashes that the recorded index names prove that the result is what the server answers.
 *
 * Everything that occurs twice is kept once: `shared` are JSON texts in which a number between two
 * U+0001 stands for the part of that number.
 *
 * usage: node src/testing/tools/generate-openapi.mjs   (needs Go, for the module cache)
 */
import { execFileSync } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
const goldens = path.join(root, 'src/testing/goldens/api');
const out = path.join(root, 'src/api/generated/openapi');
const cache = execFileSync('go', ['env', 'GOMODCACHE'], { encoding: 'utf8' }).trim();
const kubernetes = path.join(cache, 'k8s.io/kubernetes@v1.36.3');
const read = (file) => JSON.parse(fs.readFileSync(file, 'utf8'));

// --- Descriptions of fields with enumerated values: published documents leave the values out.
const enumTexts = new Map();
{
  const text = fs.readFileSync(
    path.join(kubernetes, 'pkg/generated/openapi/zz_generated.openapi.go'),
    'utf8',
  );
  for (const part of text.split(/^func schema_/m).slice(1)) {
    const name = part.slice(0, part.indexOf('('));
    const fields =
      /"([^"]+)": \{\s+(?:VendorExtensible: spec\.VendorExtensible\{[\s\S]*?\n\t{7}\},\s+)?SchemaProps: spec\.SchemaProps\{\s+Description: ("(?:[^"\\]|\\.)*"),/g;
    for (const [, field, quoted] of part.matchAll(fields)) {
      if (quoted.includes('Possible enum values')) {
        enumTexts.set(`${name}.${field}`, JSON.parse(quoted));
      }
    }
  }
}
function enumText(definition, field) {
  const parts = definition.split('.');
  const tail = parts.slice(-4).join('_');
  for (const prefix of ['k8sio_api', 'pkg_apis', 'apis', 'pkg']) {
    for (const n of [2, 3, 4]) {
      const text = enumTexts.get(`${prefix}_${parts.slice(-n - 1).join('_')}.${field}`);
      if (text !== undefined) return text;
    }
  }
  for (const [key, text] of enumTexts) if (key.endsWith(`${tail}.${field}`)) return text;
  return undefined;
}
const isEnum = (schema) => schema?.enum !== undefined || schema?.items?.enum !== undefined;

/** |recorded| with the descriptions of |published|, each where the server writes it. */
function merge(recorded, published, parent, definition) {
  if (Array.isArray(recorded)) {
    const list = Array.isArray(published) && published.length === recorded.length ? published : [];
    return recorded.map((item, i) => merge(item, list[i], parent, definition));
  }
  if (typeof recorded !== 'object' || recorded === null) return recorded;
  const other = typeof published === 'object' && published !== null ? published : {};
  const entries = Object.entries(recorded).map(([key, value]) => [
    key,
    merge(
      value,
      other[key],
      key,
      parent === 'schemas' || parent === 'definitions' ? key : definition,
    ),
  ]);
  let description =
    typeof other.description === 'string' && recorded.description === undefined
      ? other.description
      : undefined;
  if (isEnum(recorded) && definition) description = enumText(definition, parent) ?? description;
  if (description !== undefined) {
    const keys = entries.map(([key]) => key);
    entries.splice(placeOf(keys, parent), 0, ['description', description]);
  }
  return Object.fromEntries(entries);
}

function placeOf(keys, parent) {
  if (keys.includes('operationId')) return keys.indexOf('tags') + 1;
  if (parent === 'BearerToken') return 1;
  if (keys.includes('in') && keys.includes('name') && isVersion3) {
    return Math.max(keys.indexOf('in'), keys.indexOf('name')) + 1;
  }
  return 0;
}
let isVersion3 = true;

/** As Go writes JSON: what HTML would read as markup is escaped. */
const goJson = (value) =>
  JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

// --- Version 3: one document for each path of the index.
const index = read(path.join(goldens, 'discovery/openapi.v3.json')).response.body.paths;
const documents = {};
const hashes = {};
let exact = 0;
for (const [name, { serverRelativeURL }] of Object.entries(index)) {
  const recorded = read(path.join(goldens, 'openapi/v3', `${name.replaceAll('/', '.')}.json`));
  const published = read(
    path.join(kubernetes, 'api/openapi-spec/v3', `${name.replaceAll('/', '__')}_openapi.json`),
  );
  const merged = merge(recorded, published, '', '');
  const hash = crypto.createHash('sha512').update(goJson(merged)).digest('hex');
  if (serverRelativeURL.endsWith(`hash=${hash.toUpperCase()}`)) exact++;
  else console.error(`not exact: ${name}`);
  documents[name] = merged;
  hashes[name] = hash.toUpperCase();
}
console.log(`${exact} of ${Object.keys(index).length} documents have the recorded hash`);

// --- Version 2.
isVersion3 = false;
const v2 = merge(
  read(path.join(goldens, 'openapi/v2.json')),
  read(path.join(kubernetes, 'api/openapi-spec/swagger.json')),
  '',
  '',
);

// --- Everything once.
const MARK = '\u0001';
const MIN_TEXT = 24;
const counts = new Map();
function count(value) {
  const text = JSON.stringify(value);
  if (typeof value !== 'object' || value === null) return;
  const seen = counts.get(text) ?? 0;
  counts.set(text, seen + 1);
  // What is below something known has been counted.
  if (seen > 0) return;
  for (const item of Object.values(value)) count(item);
}
for (const document of [...Object.values(documents), v2]) count(document);
const shared = [];
const numbers = new Map();
function pack(value) {
  if (typeof value !== 'object' || value === null) return goJson(value);
  const text = JSON.stringify(value);
  const known = numbers.get(text);
  if (known !== undefined) return `${MARK}${known}${MARK}`;
  const inside = Array.isArray(value)
    ? `[${value.map(pack).join(',')}]`
    : `{${Object.entries(value)
        .map(([key, item]) => `${goJson(key)}:${pack(item)}`)
        .join(',')}}`;
  if (counts.get(text) < 2 || text.length < MIN_TEXT) return inside;
  numbers.set(text, shared.length);
  shared.push(inside);
  return `${MARK}${shared.length - 1}${MARK}`;
}
const packed = {
  v3: Object.fromEntries(Object.entries(documents).map(([name, doc]) => [name, pack(doc)])),
  v2: pack(v2),
  hashes,
  shared,
};
fs.mkdirSync(out, { recursive: true });
fs.writeFileSync(path.join(out, 'documents.json'), `${JSON.stringify(packed)}\n`);
console.log(`${Math.round(fs.statSync(path.join(out, 'documents.json')).size / 1024)} KiB`);
