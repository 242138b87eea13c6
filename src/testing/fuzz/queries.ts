/** Query parameters and Accept headers, usual and odd. */
import fc from 'fast-check';

export type Query = Readonly<Record<string, readonly string[]>>;

const SELECTORS = [
  '',
  'app=web',
  'app in (a,b),!c',
  'a!=b,c notin (d)',
  'x>1',
  'a=b,',
  '(((',
  'a in ()',
  '=',
  ',',
  '__proto__=x',
  '!'.repeat(500),
  Array.from({ length: 2_000 }, (_, i) => `k${i}=v`).join(','),
];
const FIELD_SELECTORS = [
  'metadata.name=a',
  'metadata.name!=a',
  'metadata.namespace=default',
  'status.phase=Running',
  'spec.nodeName=',
  'nosuch=1',
  'metadata.name',
  'a=b=c',
  '\\',
  'metadata.name=a\\',
  '__proto__=x',
  'constructor=1',
];
const NUMBERS = ['0', '1', '-1', '2', '99999999999999999999', '1.5', 'x', '', '0x1', '1e3', ' 1'];
const VERSIONS = ['', '0', '1', '50', '99999999', '-1', 'x', '18446744073709551616', '00'];
const BOOLS = ['true', 'false', '', '1', 'x', 'TRUE'];
const TOKENS = [
  '',
  'x',
  'eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MSwic3RhcnQiOiJhXHUwMDAwIn0',
  'eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6LTEsInN0YXJ0IjoiLi4vIn0',
  'e30',
  'bnVsbA',
  '====',
];

const VALUES: Readonly<Record<string, readonly string[]>> = {
  dryRun: ['All', '', 'x', 'all'],
  fieldValidation: ['Strict', 'Warn', 'Ignore', '', 'x'],
  fieldManager: ['fuzz', '', 'x'.repeat(129), '\u0000', 'kubectl', 'kubectl-client-side-apply'],
  force: BOOLS,
  pretty: BOOLS,
  gracePeriodSeconds: NUMBERS,
  propagationPolicy: ['Orphan', 'Background', 'Foreground', '', 'x'],
  orphanDependents: BOOLS,
  labelSelector: SELECTORS,
  fieldSelector: FIELD_SELECTORS,
  limit: NUMBERS,
  continue: TOKENS,
  resourceVersion: VERSIONS,
  resourceVersionMatch: ['Exact', 'NotOlderThan', '', 'x'],
  timeoutSeconds: NUMBERS,
  allowWatchBookmarks: BOOLS,
  sendInitialEvents: BOOLS,
  includeObject: ['None', 'Object', 'Metadata', 'x', ''],
  nosuch: ['1'],
  ['__proto__']: ['1'],
};
const WRITE = [
  'dryRun',
  'fieldValidation',
  'fieldManager',
  'force',
  'pretty',
  'nosuch',
  '__proto__',
];
const DELETE = ['dryRun', 'gracePeriodSeconds', 'propagationPolicy', 'orphanDependents'];
const READ = [
  'labelSelector',
  'fieldSelector',
  'limit',
  'continue',
  'resourceVersion',
  'resourceVersionMatch',
  'timeoutSeconds',
  'allowWatchBookmarks',
  'sendInitialEvents',
  'includeObject',
  'pretty',
];

function some(names: readonly string[], often: number): fc.Arbitrary<Query> {
  const one = fc.constantFrom(...names).chain((name) =>
    fc
      .array(fc.constantFrom(...(Object.entries(VALUES).find(([k]) => k === name)?.[1] ?? ['1'])), {
        minLength: 1,
        maxLength: 2,
      })
      .map((values) => [name, values] as const),
  );
  return fc.oneof(
    { weight: 10 - often, arbitrary: fc.constant<Query>({}) },
    {
      weight: often,
      arbitrary: fc.array(one, { maxLength: 3 }).map((list) => Object.fromEntries(list)),
    },
  );
}

export const writeQuery = some(WRITE, 3);
export const deleteQuery = some([...DELETE, ...READ], 4);
export const readQuery = some(READ, 7);

const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io';

export const accept: fc.Arbitrary<string> = fc.constantFrom(
  'application/json',
  'application/json',
  'application/json',
  TABLE,
  `${TABLE},application/json`,
  'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io',
  'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io',
  'application/yaml',
  '*/*',
  'application/vnd.kubernetes.protobuf',
  'application/json;as=Nonsense;v=v9;g=x',
  'text/html;q=0.1,application/json;q=x',
  ';;;,,/',
  '',
);
