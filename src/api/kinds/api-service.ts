/**
 * APIService: a version of an API group and who serves it. Only local ones are served here.
 *
 * Models:     k8s.io/kube-aggregator pkg/registry/apiservice strategy.go and etcd, pkg/apis/
 *             apiregistration validation, v1 defaults.go (v1.36)
 * Simplified: requests are never passed on to the service that an object names
 */
import type { APIService as APIServiceType } from '../generated/types.ts';
import { AGE_COLUMN, NAME_COLUMN } from '../meta/columns.ts';
import { type Column, defineKind } from '../meta/define-kind.ts';
import { checkDnsSubdomain, checkSupported, complain } from '../meta/field-checks.ts';
import type { FieldErrors } from '../meta/field-errors.ts';
import { setOf } from '../meta/field-set.ts';
import { base64Size } from '../meta/base64.ts';
import { goQuote } from '../meta/go-text.ts';
import { keepPart, resetMetaForStatus } from '../meta/kind-parts.ts';
import { isDNS1035Label, isPortNumber } from '../meta/names.ts';
import { nameErrors } from '../meta/object-meta-validation.ts';

export type APIService = APIServiceType;

const MAX_GROUP_PRIORITY = 20_000; // validation.go
const MAX_VERSION_PRIORITY = 1000;
const DEFAULT_PORT = 443; // v1 defaults.go
const STATUSES = ['True', 'False', 'Unknown'];

function validate(service: APIService, errors: FieldErrors): void {
  const { metadata, spec } = service;
  const { group = '', version = '' } = spec;
  const wanted = `${version}.${group}`;
  if (metadata.name !== wanted && nameErrors('pathSegment', metadata.name).length === 0) {
    const text = `must be \`spec.version+"."+spec.group\`: ${goQuote(wanted)}`;
    errors.invalid('metadata.name', metadata.name, text);
  }
  if (group !== '') checkDnsSubdomain(group, 'spec.group', errors);
  else if (version !== 'v1') {
    const text = 'only v1 may have an empty group and it better be legacy kube';
    errors.required('spec.group', text);
  }
  complain(isDNS1035Label(version), version, 'spec.version', errors);
  const { groupPriorityMinimum: minimum = 0, versionPriority = 0 } = spec;
  if (minimum <= 0 || minimum > MAX_GROUP_PRIORITY) {
    const text = 'must be positive and less than 20000';
    errors.invalid('spec.groupPriorityMinimum', minimum, text);
  }
  if (versionPriority <= 0 || versionPriority > MAX_VERSION_PRIORITY) {
    const text = 'must be positive and less than 1000';
    errors.invalid('spec.versionPriority', versionPriority, text);
  }
  validateService(spec, errors);
}

function validateService(spec: APIService['spec'], errors: FieldErrors): void {
  const { service, caBundle = '', insecureSkipTLSVerify = false } = spec;
  const skipPath = 'spec.insecureSkipTLSVerify';
  if (service === undefined) {
    if (caBundle !== '') {
      const bytes = `${base64Size(caBundle)} bytes`;
      errors.invalid('spec.caBundle', bytes, 'local APIServices may not have a caBundle');
    }
    if (insecureSkipTLSVerify) {
      errors.invalid(skipPath, true, 'local APIServices may not have insecureSkipTLSVerify');
    }
    return;
  }
  if (!service.namespace) errors.required('spec.service.namespace');
  if (!service.name) errors.required('spec.service.name');
  const port = service.port ?? 0;
  const complaints = isPortNumber(port);
  if (complaints.length > 0) {
    errors.invalid('spec.service.port', port, `port is not valid: ${complaints.join(', ')}`);
  }
  if (insecureSkipTLSVerify && caBundle !== '') {
    errors.invalid(skipPath, true, 'may not be true if caBundle is present');
  }
}

function available({ status }: APIService): string {
  const condition = status.conditions?.find((c) => c.type === 'Available');
  if (condition === undefined) return 'Unknown';
  if (condition.status === 'True' || !condition.reason) return condition.status;
  return `${condition.status} (${condition.reason})`;
}

const COLUMNS: readonly Column<APIService>[] = [
  NAME_COLUMN,
  {
    name: 'Service',
    type: 'string',
    description: 'The reference to the service that hosts this API endpoint.',
    cell: ({ spec: { service } }) =>
      service === undefined ? 'Local' : `${service.namespace ?? ''}/${service.name ?? ''}`,
  },
  {
    name: 'Available',
    type: 'string',
    description: 'Whether this service is available.',
    cell: available,
  },
  AGE_COLUMN,
];

export const APIService = defineKind<APIService>({
  group: 'apiregistration.k8s.io',
  version: 'v1',
  kind: 'APIService',
  plural: 'apiservices',
  singular: 'apiservice',
  categories: ['api-extensions'],
  namespaced: false,
  schema: 'io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIService',
  resets: { status: setOf([['f:metadata'], ['f:spec']]) },
  updateNeedsVersion: true,
  nameRule: 'pathSegment',
  defaults(service) {
    service.spec ??= {} as typeof service.spec;
    service.spec.groupPriorityMinimum ??= 0;
    service.spec.versionPriority ??= 0;
    if (service.spec.service !== undefined) service.spec.service.port ??= DEFAULT_PORT;
    service.status ??= {};
  },
  prepareForCreate(service, context) {
    service.status = {};
    if (service.spec.service !== undefined) return;
    service.status.conditions = [
      {
        type: 'Available',
        status: 'True',
        lastTransitionTime: context.now,
        reason: 'Local',
        message: 'Local APIServices are always available',
      },
    ];
  },
  prepareForUpdate(next, old) {
    keepPart(next, old, 'status');
  },
  validate,
  status: {
    prepareForUpdate(next, old) {
      keepPart(next, old, 'spec');
      resetMetaForStatus(next, old);
    },
    validateUpdate({ status }, _old, errors) {
      status.conditions?.forEach((condition, i) => {
        checkSupported(condition.status, STATUSES, `status.conditions[${i}].status`, errors);
      });
    },
  },
  columns: COLUMNS,
});
