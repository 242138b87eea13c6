/**
 * FlowSchema: which requests go to which priority level of the API server.
 *
 * Models:     pkg/registry/flowcontrol/flowschema strategy.go, pkg/apis/flowcontrol v1 defaults.go,
 *             validation (v1.36)
 * Simplified: stored, but requests are not queued by it
 */
import type { FlowSchema as FlowSchemaType } from '../generated/types.ts';
import { AGE_COLUMN, NAME_COLUMN } from '../meta/columns.ts';
import { type Column, defineKind } from '../meta/define-kind.ts';
import { checkDnsSubdomain } from '../meta/field-checks.ts';
import type { FieldErrors } from '../meta/field-errors.ts';
import { FieldPath } from '../meta/field-path.ts';
import { setOf } from '../meta/field-set.ts';
import { compareText } from '../meta/go-text.ts';
import { equalJson } from '../meta/json.ts';
import { keepPart, raiseGeneration, specChanged } from '../meta/kind-parts.ts';
import { internalFlowSchemaSpec } from './flow-control/internal-json.ts';
import { MANDATORY_FLOW_SCHEMAS } from './flow-control/mandatory.ts';
import { validateConditions, validateFlowRule } from './flow-control/rule-validation.ts';

export type FlowSchema = FlowSchemaType;

const DEFAULT_PRECEDENCE = 1000; // v1 defaults.go
const MAX_PRECEDENCE = 10_000; // flowcontrol.FlowSchemaMaxMatchingPrecedence
const METHODS = ['ByNamespace', 'ByUser'];

function validate({ metadata, spec, status }: FlowSchema, errors: FieldErrors): void {
  const { matchingPrecedence: precedence = 0, distinguisherMethod: method } = spec;
  const at = 'spec.matchingPrecedence';
  if (precedence <= 0) errors.invalid(at, precedence, 'must be a positive value');
  if (precedence > MAX_PRECEDENCE) {
    errors.invalid(at, precedence, `must not be greater than ${MAX_PRECEDENCE}`);
  }
  if (precedence === 1 && metadata.name !== 'exempt') {
    const text = "only the schema named 'exempt' may have matchingPrecedence 1";
    errors.invalid(at, precedence, text);
  }
  if (method !== undefined && !METHODS.includes(method.type)) {
    errors.notSupported('spec.distinguisherMethod.type', { Type: method.type ?? '' }, METHODS);
  }
  const level = spec.priorityLevelConfiguration.name ?? '';
  const levelPath = 'spec.priorityLevelConfiguration.name';
  if (level === '') errors.required(levelPath, 'must reference a priority level');
  else checkDnsSubdomain(level, levelPath, errors);
  spec.rules?.forEach((rule, i) => {
    validateFlowRule(rule, FieldPath.of('spec.rules').index(i), errors);
  });
  const fixed = MANDATORY_FLOW_SCHEMAS[metadata.name];
  if (fixed !== undefined && !equalJson(spec, fixed)) {
    const text = `spec of '${metadata.name}' must equal the fixed value`;
    errors.invalid('spec', internalFlowSchemaSpec(spec), text);
  }
  validateConditions(status.conditions, errors);
}

const COLUMNS: readonly Column<FlowSchema>[] = [
  NAME_COLUMN,
  {
    name: 'PriorityLevel',
    type: 'string',
    description:
      '`name` is the name of the priority level configuration being referenced Required.',
    cell: ({ spec }) => spec.priorityLevelConfiguration.name,
  },
  {
    name: 'MatchingPrecedence',
    type: 'string',
    description:
      '`matchingPrecedence` is used to choose among the FlowSchemas that match a given ' +
      'request. The chosen FlowSchema is among those with the numerically lowest (which we ' +
      'take to be logically highest) MatchingPrecedence.  Each MatchingPrecedence value must ' +
      'be ranged in [1,10000]. Note that if the precedence is not specified, it will be set ' +
      'to 1000 as default.',
    cell: ({ spec }) => spec.matchingPrecedence ?? 0,
  },
  {
    name: 'DistinguisherMethod',
    type: 'string',
    description:
      '`distinguisherMethod` defines how to compute the flow distinguisher for requests that ' +
      'match this schema. `nil` specifies that the distinguisher is disabled and thus will ' +
      'always be the empty string.',
    cell: ({ spec }) => spec.distinguisherMethod?.type ?? '<none>',
  },
  AGE_COLUMN,
  {
    name: 'MissingPL',
    type: 'string',
    description: 'references a broken or non-existent PriorityLevelConfiguration',
    cell: ({ status }) => status.conditions?.find((c) => c.type === 'Dangling')?.status ?? '?',
  },
];

export const FlowSchema = defineKind<FlowSchema>({
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  kind: 'FlowSchema',
  plural: 'flowschemas',
  singular: 'flowschema',
  namespaced: false,
  schema: 'io.k8s.api.flowcontrol.v1.FlowSchema',
  metaOnUpdate: 'whole',
  resets: { status: setOf([['f:metadata'], ['f:spec']]) },
  defaults(schema) {
    schema.spec ??= {} as typeof schema.spec;
    schema.spec.priorityLevelConfiguration ??= { name: '' };
    schema.spec.matchingPrecedence ||= DEFAULT_PRECEDENCE;
    schema.status ??= {};
  },
  prepareForCreate(schema) {
    schema.status = {};
    schema.metadata.generation = 1;
  },
  prepareForUpdate(next, old) {
    keepPart(next, old, 'status');
    raiseGeneration(next, old, specChanged(next, old));
  },
  validate,
  status: {
    prepareForUpdate(next, old) {
      keepPart(next, old, 'spec');
      next.metadata = { ...old.metadata } as typeof next.metadata;
    },
    validateUpdate({ status }, _old, errors) {
      validateConditions(status.conditions, errors);
    },
  },
  columns: COLUMNS,
  // Upstream FlowSchemaSequence: as they are tried.
  compareRows(a, b) {
    const order = (a.spec.matchingPrecedence ?? 0) - (b.spec.matchingPrecedence ?? 0);
    return order === 0 ? compareText(a.metadata.name, b.metadata.name) : order;
  },
});
