import { expect, test } from 'vitest';
import { encodeUtf8 } from '../api/meta/utf8.ts';
import { errorText } from './rest.ts';

interface Cause {
  readonly field?: string;
  readonly message: string;
}

const invalid = (causes: readonly Cause[]) => ({
  code: 422,
  headers: {},
  body: encodeUtf8(
    JSON.stringify({
      kind: 'Status',
      status: 'Failure',
      reason: 'Invalid',
      message: 'all of it',
      details: { kind: 'deployments', name: 'web', causes },
    }),
  ),
});

test.each<[string, readonly Cause[], string]>([
  ['no cause', [], 'all of it'],
  ['one', [{ field: 'spec.replicas', message: 'Invalid' }], 'spec.replicas: Invalid'],
  // kubectl prints the empty field as well: the colon stands twice.
  ['without a field, of an admission policy', [{ message: 'denied' }], ': denied'],
  [
    'several',
    [
      { field: 'a', message: 'x' },
      { field: 'b', message: 'y' },
    ],
    '\n* a: x\n* b: y',
  ],
])('causes of an invalid object: %s', (_name, causes, text) => {
  expect(errorText(invalid(causes))).toBe(`The deployments "web" is invalid: ${text}`);
});
