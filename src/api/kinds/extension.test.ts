/** Validation of admission registration, certificates, devices and newer Events, as tables. */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { created, createErrors, updateErrors } from '../../testing/kind-rules.ts';
import type { Draft } from '../meta/object.ts';
import { CertificateSigningRequest } from './certificate-signing-request.ts';
import { DeviceClass } from './device-class.ts';
import { fromStoredEvent, toStoredEvent, type EventV1 } from './event-v1.ts';
import { MutatingAdmissionPolicy } from './mutating-admission-policy.ts';
import { MutatingWebhookConfiguration } from './mutating-webhook-configuration.ts';
import { ResourceClaim } from './resource-claim.ts';
import { ResourceSlice } from './resource-slice.ts';
import { ValidatingAdmissionPolicy } from './validating-admission-policy.ts';
import { ValidatingAdmissionPolicyBinding } from './validating-admission-policy-binding.ts';

const rule = { apiGroups: ['a'], apiVersions: ['v1'], resources: ['r'], operations: ['CREATE'] };

describe('MutatingWebhookConfiguration', () => {
  const hook = {
    name: 'a.example.com',
    clientConfig: { url: 'https://h/p' },
    admissionReviewVersions: ['v1'],
    sideEffects: 'None',
    rules: [rule],
  };
  const at = 'webhooks[0]';
  it.each([
    [{}, []],
    [
      { name: 'a.b', sideEffects: 'Some' },
      [
        `${at}.name: Invalid value: "a.b": ` +
          'should be a domain with at least three segments separated by dots',
        `${at}.sideEffects: Unsupported value: "Some": supported values: "None", "NoneOnDryRun"`,
      ],
    ],
    [
      { clientConfig: { url: 'http://u@h/p?q#f' } },
      [
        `${at}.clientConfig.url: Invalid value: "http": 'https' is the only allowed URL scheme; ` +
          'desired format: https://host[/path]',
        `${at}.clientConfig.url: Invalid value: "u": user information is not permitted in the URL`,
        `${at}.clientConfig.url: Invalid value: "f": fragments are not permitted in the URL`,
        `${at}.clientConfig.url: Invalid value: "q": ` +
          'query parameters are not permitted in the URL',
      ],
    ],
    [
      { rules: [{ ...rule, resources: ['pods/*', 'pods/log'], operations: ['*', 'X'] }] },
      [
        `${at}.rules[0].operations: Invalid value: ["*","X"]: ` +
          "if '*' is present, must not specify other operations",
        `${at}.rules[0].operations[1]: Unsupported value: "X": supported values: "*", "CONNECT", ` +
          '"CREATE", "DELETE", "UPDATE"',
        `${at}.rules[0].resources[1]: Invalid value: "pods/log": ` +
          "if 'pods/*' is present, must not specify pods/log",
      ],
    ],
    [
      { admissionReviewVersions: ['v2'] },
      [
        `${at}.admissionReviewVersions: Invalid value: ["v2"]: must include at least one of ` +
          'v1, v1beta1',
      ],
    ],
  ])('%j', (change, errors) => {
    const webhooks = [{ ...hook, ...change }];
    expect(createErrors(MutatingWebhookConfiguration, { webhooks })).toEqual(errors);
  });
});

describe('admission policies', () => {
  const matchConstraints = { resourceRules: [rule] };
  it('ValidatingAdmissionPolicy', () => {
    const spec = {
      paramKind: { apiVersion: 'a/b/c', kind: 'K k' },
      matchConditions: [{ name: 'm', expression: ' ' }],
      variables: [{ name: 'in', expression: '1' }],
      validations: [{ expression: 'true', message: 'a\nb', reason: 'X' }],
    };
    expect(createErrors(ValidatingAdmissionPolicy, { spec })).toEqual([
      'spec.paramKind.apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c',
      expect.stringContaining('spec.paramKind.kind: Invalid value: "K k": may have mixed case'),
      'spec.matchConstraints: Required value',
      'spec.matchConditions[0].expression: Required value',
      'spec.variables[0].name: Invalid value: "in": must be a valid CEL identifier',
      'spec.validations[0].message: Invalid value: "a\\nb": must not contain line breaks',
      'spec.validations[0].reason: Unsupported value: "X": supported values: "Forbidden", ' +
        '"Invalid", "RequestEntityTooLarge"',
    ]);
  });
  it('MutatingAdmissionPolicy', () => {
    const mutations = [{ patchType: 'JSONPatch', applyConfiguration: { expression: 'x' } }];
    expect(
      createErrors(MutatingAdmissionPolicy, { spec: { matchConstraints, mutations } }),
    ).toEqual([
      'spec.mutations[0].jsonPatch: Required value: must be specified when patchType is JSONPatch',
      'spec.mutations[0].applyConfiguration: Invalid value: "{applyConfiguration}": ' +
        'must not be specified when patchType is JSONPatch',
      'spec.reinvocationPolicy: Required value',
    ]);
  });
  it.each([
    ["authorizer.group('').resource('pods').check('get').allowed()", undefined],
    ["authorizer.requestResource.check('get').allowed() && variables.n > 1", undefined],
    ['request.userInfo.groups.exists(g, g == namespaceObject.metadata.name)', undefined],
    ['variables.m', "compilation failed: ERROR: <input>:1:10: undefined field 'm'"],
    ['params.x == 1', "compilation failed: ERROR: <input>:1:1: undeclared reference to 'params'"],
    ['object.x', 'must evaluate to bool but got dyn'],
  ])('compiles %s', (expression, complaint) => {
    const variables = [{ name: 'n', expression: 'size(object.items)' }];
    const spec = { matchConstraints, variables, validations: [{ expression }] };
    const path = 'spec.validations[0].expression: Invalid value: ';
    const expected = complaint === undefined ? [] : [expect.stringContaining(complaint)];
    const errors = createErrors(ValidatingAdmissionPolicy, { spec });
    expect(errors).toEqual(expected);
    for (const error of errors) expect(error.startsWith(path)).toBe(true);
  });
  it('compiles patches', () => {
    const patch = (patchType: string, field: string, expression: string): object => ({
      patchType,
      [field]: { expression },
    });
    const mutations = [
      patch(
        'JSONPatch',
        'jsonPatch',
        "[JSONPatch{op: 'remove', path: '/' + jsonpatch.escapeKey('a')}]",
      ),
      patch('ApplyConfiguration', 'applyConfiguration', 'Object{spec: Object.spec{replicas: 1}}'),
      patch('ApplyConfiguration', 'applyConfiguration', '1'),
    ];
    const spec = { matchConstraints, mutations, reinvocationPolicy: 'Never' };
    expect(createErrors(MutatingAdmissionPolicy, { spec })).toEqual([
      'spec.mutations[2].applyConfiguration.expression: Invalid value: "1": ' +
        'must evaluate to Object but got int',
    ]);
  });
  it('ValidatingAdmissionPolicyBinding', () => {
    const spec = { policyName: 'p', paramRef: { name: 'n', selector: {} }, validationActions: [] };
    expect(createErrors(ValidatingAdmissionPolicyBinding, { spec })).toEqual([
      'spec.paramRef.name: Forbidden: name and selector are mutually exclusive',
      'spec.paramRef.selector: Forbidden: name and selector are mutually exclusive',
      'spec.paramRef.parameterNotFoundAction: Required value',
      'spec.validationActions: Required value: at least one validation action is required',
    ]);
  });
});

/** A request that is signed by its own key, as it must be. */
function recordedRequest(): { request: { body: { spec: { request: string } } } } {
  const file = '../../testing/goldens/api/objects/certificatesigningrequest.json';
  return JSON.parse(fs.readFileSync(new URL(file, import.meta.url), 'utf8'));
}

describe('CertificateSigningRequest', () => {
  const { request } = recordedRequest().request.body.spec;
  const spec = { request, signerName: 'example.com/s', usages: ['client auth'] };
  it('is checked', () => {
    expect(createErrors(CertificateSigningRequest, { spec })).toEqual([]);
    const usages = ['signing', 'signing'];
    const bad = { ...spec, usages, expirationSeconds: 599 };
    expect(createErrors(CertificateSigningRequest, { spec: bad })).toEqual([
      'spec.usages[1]: Duplicate value: "signing"',
      'spec.expirationSeconds: Invalid value: 599: ' +
        'may not specify a duration less than 600 seconds (10 minutes)',
    ]);
  });
  it('is not changed by updates of the object', () => {
    const change = { spec: { usages: ['signing'] }, status: { certificate: 'AA==' } };
    expect(updateErrors(CertificateSigningRequest, { spec }, change)).toEqual([]);
  });
});

describe('devices', () => {
  it('defaults the count of a claim, and keeps its spec', () => {
    const spec = { devices: { requests: [{ name: 'r', exactly: { deviceClassName: 'c' } }] } };
    const made = created(ResourceClaim, { spec });
    expect(made).toMatchObject({
      spec: { devices: { requests: [{ exactly: { allocationMode: 'ExactCount', count: 1 } }] } },
    });
    const change = { spec: { devices: { requests: [] } } };
    expect(updateErrors(ResourceClaim, { spec }, change)).toEqual([
      'spec: Invalid value: {"Devices":{"Requests":[],"Constraints":null,"Config":null}}: ' +
        'field is immutable',
    ]);
  });
  it('checks claims', () => {
    const devices = {
      requests: [{ name: 'r' }, { name: 'r', exactly: { deviceClassName: 'c', count: -1 } }],
      constraints: [{ requests: ['s'], matchAttribute: 'x' }],
      config: [{ opaque: { driver: 'd', parameters: 1 } }],
    };
    const path = 'spec.devices';
    expect(createErrors(ResourceClaim, { spec: { devices } })).toEqual([
      `${path}.requests[0]: Required value: exactly one of \`exactly\` or \`firstAvailable\` is ` +
        'required',
      `${path}.requests[1].exactly.count: Invalid value: -1: must be greater than zero`,
      `${path}.requests[1]: Duplicate value: "r"`,
      `${path}.constraints[0].requests[0]: Invalid value: "s": must be the name of a request in ` +
        "the claim or the name of a request and a subrequest separated by '/'",
      `${path}.constraints[0].matchAttribute: Invalid value: "x": ` +
        'a fully qualified name must be a domain and a name separated by a slash',
      `${path}.config[0].opaque.parameters: Invalid value: "<value omitted>": ` +
        'must be a valid JSON object',
    ]);
  });
  it('checks classes and slices', () => {
    expect(createErrors(DeviceClass, { spec: { extendedResourceName: 'cpu' } })).toEqual([
      'spec.extendedResourceName: Invalid value: "cpu": must be a valid extended resource name',
    ]);
    const pool = { name: 'p', generation: 1, resourceSliceCount: 1 };
    const devices = [{ name: 'd', attributes: { v: { version: '1' }, n: {} } }];
    expect(createErrors(ResourceSlice, { spec: { driver: 'd', pool, devices } })).toEqual([
      'spec: Required value: exactly one of `nodeName`, `nodeSelector`, `allNodes`, ' +
        '`perDeviceNodeSelection` is required',
      'spec.devices[0].attributes[n]: Invalid value: "": exactly one value must be specified',
      'spec.devices[0].attributes[v].version: Invalid value: "1": ' +
        'must be a string compatible with semver.org spec 2.0.0',
    ]);
  });
});

it('Events of both versions say the same', () => {
  const event = {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name: 'a' },
    note: 'n',
    regarding: { kind: 'Pod' },
    reportingController: 'c',
    eventTime: '2026-01-01T00:00:00.000000Z',
    deprecatedSource: {},
    deprecatedFirstTimestamp: null,
    deprecatedLastTimestamp: null,
  };
  const stored = toStoredEvent({ ...event } as unknown as Draft<EventV1>);
  expect(stored).toMatchObject({
    apiVersion: 'v1',
    message: 'n',
    involvedObject: { kind: 'Pod' },
    reportingComponent: 'c',
    reportingInstance: '',
    source: {},
  });
  expect(fromStoredEvent(stored as unknown as Parameters<typeof fromStoredEvent>[0])).toEqual(
    event,
  );
});
