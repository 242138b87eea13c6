/**
 * Arbitrary values: such as a field of that name usually holds, so that a good share of what is sent
 * is accepted, and such as no field should hold.
 */
import fc from 'fast-check';
import { Nest, Pairs, Raw, type Value } from './text.ts';

export const NAMES = ['a', 'b', 'web', 'c-1', 'kube-system', 'default'];
const LABEL_KEYS = ['app', 'tier', 'example.com/x', 'kubernetes.io/metadata.name', 'a'];
const LABEL_VALUES = ['web', '', 'a_b.c-1', 'true', '1'];
const KINDS = [
  'Pod',
  'Deployment',
  'Node',
  'ConfigMap',
  'ServiceAccount',
  'User',
  'Group',
  'Scale',
];
const GROUPS = ['', 'apps', 'v1', 'apps/v1', 'example.com', 'rbac.authorization.k8s.io'];
const RESOURCES = ['pods', 'deployments', 'pods/log', '*', 'configmaps', 'nodes'];
const EXPRESSIONS = [
  'true',
  'object.metadata.name == "a"',
  'self.size() > 1',
  'has(object.spec) && object.spec.replicas > 1',
  'self.all(x, x > 0)',
  'oldObject == null || object != oldObject',
  'request.userInfo.groups.exists(g, g == "x")',
  'Object{spec: Object.spec{replicas: 3}}',
  '[JSONPatch{op: "add", path: "/metadata/labels/a", value: "b"}]',
  '"a".matches("(a+)+$")',
  'authorizer.group("").resource("pods").check("get").allowed()',
  'quantity("1Gi").isGreaterThan(quantity("1Mi"))',
  'dyn(1) == "x"',
  '1 / 0 == 1',
  '((((((((((1))))))))))',
  'object.',
  '',
];
const TEXTS = [
  '',
  'x',
  'a.b',
  '/',
  '..',
  '%',
  '$(A)',
  '-1',
  '0',
  '1',
  '10%',
  '1.5',
  'true',
  'null',
  '\u0000',
  '\ud800',
  '\u{1f600}',
  'é',
  '\n',
  'A B',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '(((',
  '[a-',
  '(a+)+$',
  '2026-01-01T00:00:00Z',
  '2026-13-45T99:99:99Z',
  '0001-01-01T00:00:00Z',
  '::1',
  '10.0.0.0/8',
  '999.1.1.1',
  'MTIz',
  '{}',
  '[]',
];

const oneOf = (texts: readonly string[]): fc.Arbitrary<Value> => fc.constantFrom(...texts);

/** What a text field of such a name holds. First match counts. */
const TEXTS_BY_NAME: readonly (readonly [RegExp, readonly string[]])[] = [
  [/expression|^rule$|cel/i, EXPRESSIONS],
  [/image$/i, ['nginx:1.29', 'busybox', 'docker.io/library/a@sha256:x', 'a:b:c', '']],
  [/^kind$|Kind$/, KINDS],
  [/group/i, GROUPS],
  [/apiVersion/i, ['v1', 'apps/v1', 'a/b/c', '', '/']],
  [/resource(s|Name)?$/i, RESOURCES],
  [/verb/i, ['get', '*', 'list', 'escalate', '']],
  [/operation/i, ['CREATE', 'UPDATE', '*', 'DELETE', 'CONNECT', 'X']],
  [
    /schedule$/i,
    ['*/5 * * * *', '@hourly', '0 0 31 2 *', 'TZ=UTC 0 0 * * *', '61 * * * *', '@every 1s'],
  ],
  [/timeZone/i, ['Etc/UTC', 'Europe/Paris', 'Local', 'Nowhere/None', '']],
  [/cidr|ipBlock|except/i, ['10.0.0.0/8', '10.0.0.1/8', '::/0', 'fd00::/64', '1.2.3.4']],
  [
    /ip(s|address|addresses)?$/i,
    ['10.96.0.77', '10.0.0.1', '::1', 'None', '', '010.0.0.1', '1.2.3'],
  ],
  [/fieldPath/i, ['metadata.name', 'spec.nodeName', "metadata.labels['a']", 'status.podIP', '.x[']],
  [/jsonPath/i, ['.spec.x', '.metadata.creationTimestamp', '{.spec}', '.a[*]', 'x', '.a["b"]']],
  [/path$/i, ['/', '/a/b', 'a', '../x', '/a/../b', '']],
  [/url/i, ['https://a.b/c', 'http://a', 'https://', 'x']],
  [/name(s)?$|claim$|^ref/i, [...NAMES, 'A', 'a.b', '-', 'x'.repeat(300)]],
  [/namespace(s)?$/i, ['default', 'kube-system', 'nosuch', '']],
  [/^key$|keys$/i, LABEL_KEYS],
  [/value(s)?$/i, LABEL_VALUES],
  [/effect/i, ['NoSchedule', 'NoExecute', 'PreferNoSchedule', 'X']],
  [/operator/i, ['In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt', 'Equal']],
  [
    /type$|policy$|mode$|^scope$/i,
    ['Always', 'Never', 'RollingUpdate', 'Recreate', 'ClusterIP', 'X'],
  ],
  [/pattern/i, ['^a+$', '(', '(a+)+$', '\\p{L}', '(?!x)']],
  [/timeout|duration|seconds/i, ['1s', '5m', '-1s', '1h30m', 'x']],
  [/provisioner|driver|controller/i, ['example.com/x', 'a', 'kubernetes.io/no-provisioner']],
];

export function textFor(name: string): fc.Arbitrary<Value> {
  const texts = TEXTS_BY_NAME.find(([pattern]) => pattern.test(name))?.[1];
  const any = oneOf(TEXTS);
  return texts
    ? fc.oneof({ weight: 8, arbitrary: oneOf(texts) }, { weight: 1, arbitrary: any })
    : any;
}

export function integerFor(name: string, max: number): fc.Arbitrary<Value> {
  const usual = /port/i.test(name)
    ? [80, 443, 8080, 0, 65535, 65536, 30000]
    : [0, 1, 2, 3, 10, 100];
  return fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom<Value>(...usual) },
    { weight: 1, arbitrary: fc.constantFrom<Value>(-1, max - 1, -max, 1000) },
  );
}

export const mapKey: fc.Arbitrary<string> = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...LABEL_KEYS, 'cpu', 'memory', 'x.txt') },
  { weight: 1, arbitrary: fc.constantFrom(...TEXTS) },
);

export const quantity: fc.Arbitrary<Value> = fc.constantFrom<Value>(
  '1',
  '100m',
  '64Mi',
  '1Gi',
  '0',
  1,
  0.5,
  '-1',
  '1e3',
  '1E400',
  '1e-400',
  '9223372036854775807',
  '9223372036854775808Ei',
  '.5',
  '1.',
  '',
  'x',
  '1 Gi',
  '0.0000000001',
);

export const time: fc.Arbitrary<Value> = fc.constantFrom<Value>(
  '2026-01-01T00:00:00Z',
  '2026-01-01T00:00:00.123456Z',
  '2026-01-01T00:00:00+02:00',
  '2024-02-30T00:00:00Z',
  '9999-12-31T23:59:59Z',
  '0000-01-01T00:00:00Z',
  'now',
  '',
);

export const bytes: fc.Arbitrary<Value> = fc.constantFrom<Value>(
  '',
  'MTIz',
  'MTI=',
  'x',
  '====',
  'é',
);

const LONG = 'x'.repeat(70_000);

/** What does not belong there, whatever it is. */
export const junk: fc.Arbitrary<Value> = fc.oneof(
  fc.constantFrom<Value>(null, true, false, 0, -1, 1.5, '', 'x', [], {}, [[]], [null], [{}], {
    x: 1,
  }),
  fc.constantFrom<Value>(
    new Raw('1e400'),
    new Raw('-0'),
    new Raw('0.1e-999'),
    new Raw('9007199254740993'),
    new Raw('123456789012345678901234567890'),
    new Raw('1.0'),
    new Raw('1e3'),
    new Raw('"\\ud800"'),
    new Raw('{"__proto__":{"polluted":1}}'),
    new Raw('{"constructor":{"prototype":{"polluted":1}}}'),
    new Raw('{"hasOwnProperty":1,"toString":2,"length":-1}'),
    new Raw('NaN'),
    new Raw('01'),
    new Raw('"\t"'),
  ),
  oneOf(TEXTS),
  fc.constantFrom<Value>(
    LONG,
    new Nest(60, '[', ']'),
    new Nest(5_000, '[', ']'),
    new Nest(3_000, '{"a":[', ']}'),
    new Pairs([
      ['a', 1],
      ['a', 2],
    ]),
    Array.from({ length: 300 }, (_, i) => ({ name: `n${i}` })),
  ),
  fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Value>,
);

/** Field names that nobody declares, and those that JavaScript knows. */
export const oddKey: fc.Arbitrary<string> = fc.constantFrom(
  'unknown',
  '__proto__',
  'constructor',
  'toString',
  'prototype',
  '',
  '$patch',
  '$retainKeys',
  '$setElementOrder/containers',
  '$deleteFromPrimitiveList/finalizers',
  'metadata',
  'Spec',
  '\u0000',
  '0',
  'x'.repeat(1_000),
);
