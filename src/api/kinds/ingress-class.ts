/**
 * IngressClass: which controller serves an Ingress.
 *
 * Models: pkg/registry/networking/ingressclass strategy.go, pkg/apis/networking/v1 defaults.go,
 *         pkg/apis/networking/validation ValidateIngressClass* (v1.36)
 */
import type {
  IngressClass as IngressClassType,
  IngressClassParametersReference,
} from '../generated/types.ts';
import { AGE_COLUMN, NAME_COLUMN } from '../meta/columns.ts';
import { defineKind } from '../meta/define-kind.ts';
import { checkDnsLabel, checkImmutable } from '../meta/field-checks.ts';
import type { FieldErrors } from '../meta/field-errors.ts';
import { FieldPath } from '../meta/field-path.ts';
import { byteLength } from '../meta/go-text.ts';
import { checkDomainPrefixedPath } from '../meta/host-names.ts';
import { raiseGeneration, specChanged } from '../meta/kind-parts.ts';
import type { KubeObject } from '../meta/object.ts';
import { validateReference } from './ingress/validation.ts';

export type IngressClass = IngressClassType;

const DEFAULT_ANNOTATION = 'ingressclass.kubernetes.io/is-default-class';
const CONTROLLER_MAX_BYTES = 250; // maxLenIngressClassController
const SCOPES = ['Cluster', 'Namespace'];

export function isDefaultIngressClass({ metadata }: KubeObject): boolean {
  return metadata.annotations?.[DEFAULT_ANNOTATION] === 'true';
}

function validate({ spec }: IngressClass, errors: FieldErrors): void {
  const { controller = '', parameters } = spec;
  if (byteLength(controller) > CONTROLLER_MAX_BYTES) {
    errors.tooLong('spec.controller', CONTROLLER_MAX_BYTES);
  }
  checkDomainPrefixedPath(controller, 'spec.controller', errors);
  if (parameters !== undefined) validateParameters(parameters, errors);
}

function validateParameters(
  parameters: IngressClassParametersReference,
  errors: FieldErrors,
): void {
  const path = FieldPath.of('spec').child('parameters');
  validateReference(parameters, path, errors);
  const { scope, namespace } = parameters;
  const at = path.child('namespace');
  if (scope === undefined) errors.required(path.child('scope'));
  else if (!SCOPES.includes(scope)) errors.notSupported(path.child('scope'), scope, SCOPES);
  else if (scope === 'Cluster') {
    if (namespace !== undefined) errors.forbidden(at, "`parameters.scope` is set to 'Cluster'");
  } else if (namespace === undefined) {
    errors.required(at, "`parameters.scope` is set to 'Namespace'");
  } else checkDnsLabel(namespace, at, errors);
}

function parametersText({ spec }: IngressClass): string {
  if (spec.parameters === undefined) return '<none>';
  const { apiGroup, kind, name } = spec.parameters;
  return `${kind}${(apiGroup ?? null) === null ? '' : `.${apiGroup}`}/${name}`;
}

export const IngressClass = defineKind<IngressClass>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'IngressClass',
  plural: 'ingressclasses',
  singular: 'ingressclass',
  namespaced: false,
  schema: 'io.k8s.api.networking.v1.IngressClass',
  metaOnUpdate: 'both',

  defaults({ spec }) {
    if (spec?.parameters !== undefined) spec.parameters.scope ??= 'Cluster';
  },
  prepareForCreate(ingressClass) {
    ingressClass.metadata.generation = 1;
  },
  prepareForUpdate(next, old) {
    raiseGeneration(next, old, specChanged(next, old));
  },
  validate,
  validateUpdate(next, old, errors) {
    checkImmutable(
      next.spec.controller ?? '',
      old.spec.controller ?? '',
      'spec.controller',
      errors,
    );
    validate(next, errors);
  },
  columns: [
    {
      ...NAME_COLUMN,
      cell: (object) =>
        `${object.metadata.name}${isDefaultIngressClass(object) ? ' (default)' : ''}`,
    },
    {
      name: 'Controller',
      type: 'string',
      description: 'Controller that is responsible for handling this class',
      cell: ({ spec }) => spec.controller ?? '',
    },
    {
      name: 'Parameters',
      type: 'string',
      description: 'A reference to a resource with additional parameters',
      cell: parametersText,
    },
    AGE_COLUMN,
  ],
});
