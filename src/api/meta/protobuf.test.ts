import { describe, expect, it } from 'vitest';
import { ProtobufError, readEnvelope, readMessage } from './protobuf.ts';
import { encodeUtf8 } from './utf8.ts';

/** Just enough of an encoder: what kubectl sends, written by hand. */
const varint = (n: number): number[] => (n < 128 ? [n] : [(n & 127) | 128, ...varint(n >>> 7)]);
const int = (field: number, n: number): number[] => [...varint(field << 3), ...varint(n)];
const bytes = (field: number, value: readonly number[] | string): number[] => {
  const content = typeof value === 'string' ? [...encodeUtf8(value)] : value;
  return [...varint((field << 3) | 2), ...varint(content.length), ...content];
};
const pair = (field: number, key: string, value: readonly number[] | string): number[] =>
  bytes(field, [...bytes(1, key), ...bytes(2, value)]);

const CORE = 'io.k8s.api.core.v1';

function read(definition: string, raw: readonly number[]): unknown {
  return readMessage(definition, Uint8Array.from(raw));
}

describe('messages', () => {
  it('maps, bytes and empty times', () => {
    const meta = [...bytes(1, 'a'), ...bytes(8, []), ...pair(11, 'app', 'x')];
    const raw = [...bytes(1, meta), ...pair(2, 'key', [1, 2, 255]), ...bytes(3, 'Opaque')];
    expect(read(`${CORE}.Secret`, raw)).toEqual({
      metadata: { name: 'a', creationTimestamp: null, labels: { app: 'x' } },
      data: { key: 'AQL/' },
      type: 'Opaque',
    });
  });

  it('embedded structs, quantities, numbers or texts, times', () => {
    const quantity = bytes(1, '100m');
    const probe = [
      ...bytes(1, bytes(2, [...bytes(1, '/'), ...bytes(2, [...int(1, 0), ...int(2, 80)])])),
      ...int(2, 5),
    ];
    const container = [
      ...bytes(1, 'c'),
      ...bytes(8, pair(2, 'cpu', quantity)),
      ...bytes(10, probe),
    ];
    const volume = [...bytes(1, 'v'), ...bytes(2, bytes(2, []))];
    const spec = [...bytes(1, volume), ...bytes(2, container), ...int(4, 30)];
    expect(read(`${CORE}.Pod`, bytes(2, spec))).toEqual({
      spec: {
        volumes: [{ name: 'v', emptyDir: {} }],
        containers: [
          {
            name: 'c',
            resources: { requests: { cpu: '100m' } },
            livenessProbe: { httpGet: { path: '/', port: 80 }, initialDelaySeconds: 5 },
          },
        ],
        terminationGracePeriodSeconds: 30,
      },
    });
    const time = bytes(8, [...int(1, 1_700_000_000), ...int(2, 0)]);
    expect(read(`${CORE}.ConfigMap`, bytes(1, time))).toEqual({
      metadata: { creationTimestamp: '2023-11-14T22:13:20Z' },
    });
  });

  it('negative numbers', () => {
    const minusOne = [...varint(4 << 3), ...Array.from({ length: 9 }, () => 255), 1];
    expect(read(`${CORE}.PodSpec`, minusOne)).toEqual({ terminationGracePeriodSeconds: -1 });
  });

  it('skips what it does not know', () => {
    expect(read(`${CORE}.ConfigMap`, [...int(900, 1), ...bytes(901, 'x')])).toEqual({});
  });

  it.each([
    [[0x0a, 0x05, 0x01], 'unexpected EOF'],
    [[0x08, 0x01], 'proto: wrong wireType = 0 for field Metadata'],
    [Array.from({ length: 11 }, () => 255), 'proto: integer overflow'],
  ])('refuses %j', (raw, message) => {
    expect(() => read(`${CORE}.ConfigMap`, raw)).toThrow(message);
  });
});

describe('the envelope', () => {
  it('names what it holds', () => {
    const type = [...bytes(1, 'v1'), ...bytes(2, 'Pod')];
    const whole = [0x6b, 0x38, 0x73, 0, ...bytes(1, type), ...bytes(2, [1, 2]), ...bytes(3, '')];
    expect(readEnvelope(Uint8Array.from(whole))).toEqual({
      apiVersion: 'v1',
      kind: 'Pod',
      raw: Uint8Array.of(1, 2),
    });
  });

  it.each([
    ['', 'empty data'],
    [
      '{}',
      'provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]',
    ],
    ['k8s\0', 'empty body'],
  ])('%j: %s', (text, message) => {
    expect(() => readEnvelope(encodeUtf8(text))).toThrow(new ProtobufError(message));
  });
});
