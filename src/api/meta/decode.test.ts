import { describe, expect, it } from 'vitest';
import { decodeObject } from './decode.ts';
import { DecodeError } from './decode-state.ts';
import { parseJson } from './json-text.ts';

const POD = 'io.k8s.api.core.v1.Pod';
const CONFIG_MAP = 'io.k8s.api.core.v1.ConfigMap';
const DEPLOYMENT = 'io.k8s.api.apps.v1.Deployment';
const SECRET = 'io.k8s.api.core.v1.Secret';
const LEASE = 'io.k8s.api.coordination.v1.Lease';
const REPLICA_SET = 'io.k8s.api.apps.v1.ReplicaSet';

function refusal(schema: string, body: unknown, converter = false): string {
  try {
    decodeObject(schema, body, { converter });
  } catch (error) {
    if (error instanceof DecodeError) return error.message;
    throw error;
  }
  return '';
}

describe('types', () => {
  const container = (fields: object): object => ({ spec: { containers: [fields] } });
  const cases: [string, string, unknown, string][] = [
    [
      'number for text',
      CONFIG_MAP,
      { metadata: { name: 5 } },
      'json: cannot unmarshal number into Go struct field ObjectMeta.metadata.name of type string',
    ],
    [
      'value of a map',
      CONFIG_MAP,
      { data: { a: 1 } },
      'json: cannot unmarshal number into Go struct field ConfigMap.data of type string',
    ],
    [
      'list for a map',
      CONFIG_MAP,
      { data: ['x'] },
      'json: cannot unmarshal array into Go struct field ConfigMap.data of type map[string]string',
    ],
    [
      'text for a struct',
      POD,
      { spec: 'x' },
      'json: cannot unmarshal string into Go struct field Pod.spec of type v1.PodSpec',
    ],
    [
      'text for a list of structs',
      POD,
      { spec: { containers: 'x' } },
      'json: cannot unmarshal string into Go struct field PodSpec.spec.containers of type []v1.Container',
    ],
    [
      'bool for a named text',
      POD,
      container({ imagePullPolicy: true }),
      'json: cannot unmarshal bool into Go struct field Container.spec.containers.imagePullPolicy of type v1.PullPolicy',
    ],
    [
      'fraction for a number',
      POD,
      { spec: { priority: 1.5 } },
      'json: cannot unmarshal number 1.5 into Go struct field PodSpec.spec.priority of type int32',
    ],
    [
      'number too large',
      POD,
      { spec: { priority: 2 ** 31 } },
      'json: cannot unmarshal number 2147483648 into Go struct field PodSpec.spec.priority of type int32',
    ],
    [
      'inside an embedded struct',
      POD,
      container({ livenessProbe: { httpGet: { path: 1 } } }),
      'json: cannot unmarshal number into Go struct field HTTPGetAction.spec.containers.livenessProbe.ProbeHandler.httpGet.path of type string',
    ],
    [
      'bool for a port',
      POD,
      container({ livenessProbe: { httpGet: { port: true } } }),
      'json: cannot unmarshal bool into Go struct field HTTPGetAction.spec.containers.livenessProbe.ProbeHandler.httpGet.port of type int32',
    ],
    [
      'quantity',
      POD,
      container({ resources: { limits: { cpu: 'much' } } }),
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    ],
    ['base64', SECRET, { data: { a: 'not base64!' } }, 'illegal base64 data at input byte 3'],
    [
      'base64 without its padding',
      SECRET,
      { data: { a: 'YQ' } },
      'illegal base64 data at input byte 0',
    ],
    [
      'time',
      POD,
      { metadata: { creationTimestamp: 'soon' } },
      'parsing time "soon" as "2006-01-02T15:04:05Z07:00": cannot parse "soon" as "2006"',
    ],
    [
      'day of the month',
      POD,
      { metadata: { creationTimestamp: '2023-02-29T00:00:00Z' } },
      'parsing time "2023-02-29T00:00:00Z": day out of range',
    ],
    [
      'micro time',
      LEASE,
      { spec: { renewTime: '2024-01-02T03:04:05Z' } },
      'parsing time "2024-01-02T03:04:05Z" as "2006-01-02T15:04:05.000000Z07:00": cannot parse "Z" as ".000000"',
    ],
  ];
  it.each(cases)('%s', (_, schema, body, message) => {
    expect(refusal(schema, body)).toBe(message);
  });

  it('tells the first type error, but a quantity at once', () => {
    const body = { metadata: { name: 1 }, spec: { overhead: { cpu: 'x' } } };
    expect(refusal(POD, body)).toContain('quantities must match');
  });

  const converted: [string, unknown, string][] = [
    ['text for a number', { spec: { replicas: 'many' } }, 'unrecognized type: int32'],
    ['number for text', { metadata: { name: 5 } }, 'cannot convert int64 to string'],
    [
      'map for a list',
      { spec: { template: { spec: { containers: { name: 'c' } } } } },
      'cannot restore slice from map',
    ],
    ['text for a struct', { spec: { template: 'x' } }, 'cannot restore struct from: string'],
  ];
  it.each(converted)('in a strategic merge patch: %s', (_, body, message) => {
    expect(refusal(DEPLOYMENT, body, true)).toBe(message);
  });
});

describe('what is written', () => {
  it('leaves out zero values unless Go writes them', () => {
    const { object } = decodeObject(POD, {
      spec: { hostNetwork: false, hostname: '', priority: 0, nodeSelector: {} },
    });
    expect(object).toEqual({ metadata: {}, spec: { containers: null, priority: 0 }, status: {} });
    const { object: empty } = decodeObject(POD, { spec: { containers: [] } });
    expect(empty['spec']).toEqual({ containers: [] });
  });

  it('writes numbers that have no omitempty', () => {
    const { object } = decodeObject(REPLICA_SET, { status: {} });
    expect(object['status']).toEqual({ replicas: 0 });
  });

  it('keeps the order of the Go struct and sorts maps', () => {
    const { object } = decodeObject(CONFIG_MAP, {
      data: { b: '2', a: '1' },
      metadata: { labels: {}, namespace: 'n', name: 'x' },
      apiVersion: 'v1',
      kind: 'ConfigMap',
    });
    expect(JSON.stringify(object)).toBe(
      '{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"x","namespace":"n"},' +
        '"data":{"a":"1","b":"2"}}',
    );
  });

  it('normalises quantities, times and base64', () => {
    const pod = decodeObject(POD, {
      metadata: { creationTimestamp: '2024-01-02T05:04:05.9+02:00' },
      spec: { overhead: { cpu: 0.5, memory: '1024Mi' } },
    }).object as { metadata: object; spec: { overhead: object } };
    expect(pod.metadata).toEqual({ creationTimestamp: '2024-01-02T03:04:05Z' });
    expect(pod.spec.overhead).toEqual({ cpu: '500m', memory: '1Gi' });
    const secret = decodeObject(SECRET, { data: { a: 'YQ\n==' } }).object;
    expect(secret['data']).toEqual({ a: 'YQ==' });
  });

  it('takes null for a field that is not there', () => {
    const { object } = decodeObject(DEPLOYMENT, { spec: { selector: null, replicas: null } });
    expect(object['spec']).toMatchObject({ selector: null });
    expect(object['spec']).not.toHaveProperty('replicas');
  });
});

describe('strict errors', () => {
  const strict = (schema: string, text: string): readonly string[] => {
    const { value, duplicates } = parseJson(text);
    return decodeObject(schema, value, { validation: 'Strict', duplicates }).strictErrors;
  };
  it('come in the order of the text', () => {
    const text =
      '{"metadata":{"label":1},"spec":{"containers":[{"imagee":1},{}],"no":1},"spec":{},"x":2}';
    expect(strict(POD, text)).toEqual([
      'unknown field "metadata.label"',
      'duplicate field "spec"',
      'unknown field "x"',
    ]);
  });
  it('name duplicates in maps', () => {
    expect(strict(CONFIG_MAP, '{"data":{"k":"1","k":"2"},"datas":1}')).toEqual([
      'duplicate field "data.k"',
      'unknown field "datas"',
    ]);
  });
  it('tell case apart, and each field once', () => {
    expect(strict(CONFIG_MAP, '{"Data":{},"Data":{}}')).toEqual(['unknown field "Data"']);
  });
  it('stop at a hundred', () => {
    const body = Object.fromEntries(Array.from({ length: 150 }, (_, i) => [`u${i}`, i]));
    const { strictErrors } = decodeObject(CONFIG_MAP, body, { validation: 'Warn' });
    expect(strictErrors).toHaveLength(100);
  });
});

describe('hostile input', () => {
  it('is not fooled by the names of Object.prototype', () => {
    const text = '{"metadata":{"labels":{"__proto__":"x"}},"constructor":1,"__proto__":{"a":1}}';
    const { value, duplicates } = parseJson(text);
    const options = { validation: 'Strict', duplicates } as const;
    const { object, strictErrors } = decodeObject(CONFIG_MAP, value, options);
    const { labels } = object['metadata'] as { labels: object };
    expect(Object.keys(labels)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(labels)).toBe(Object.prototype);
    expect(strictErrors).toEqual(['unknown field "constructor"', 'unknown field "__proto__"']);
    expect(({} as { a?: number }).a).toBeUndefined();
  });
  it('bounds nesting', () => {
    expect(() => parseJson('['.repeat(100_000))).toThrow('exceeded max depth');
  });
});
