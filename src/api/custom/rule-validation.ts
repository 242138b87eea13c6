/**
 * Whether the CEL rules of a schema compile, and whether they could become too dear.
 *
 * Models:     k8s.io/apiextensions-apiserver pkg/apis/apiextensions/validation validation.go,
 *             cel_validation.go (v1.36)
 */
import type { FieldErrors } from '../meta/field-errors.ts';
import { compiledRules, type CompiledRule } from './compiled-rules.ts';
import { additionalOf, itemsOf, type Props, propertiesOf } from './json-schema.ts';

const EXPRESSION_LIMIT = 10_000_000; // StaticEstimatedCostLimit
const SCHEMA_LIMIT = 100_000_000; // StaticEstimatedCRDCostLimit

const MOST_EXPENSIVE = 4; // TotalCost.MostExpensive

interface Walk {
  readonly errors: FieldErrors;
  total: number;
  /** What takes at least a hundredth of the limit, the dearest first. */
  dear: readonly { readonly path: string; readonly cost: number }[];
}

function observe(walk: Walk, path: string, cost: number): void {
  walk.total += cost;
  if (cost < SCHEMA_LIMIT / 100) return;
  const sorted = [...walk.dear, { path, cost }].sort((a, b) => b.cost - a.cost);
  walk.dear = sorted.slice(0, MOST_EXPENSIVE);
}

export function validateRuleExpressions(schema: Props, path: string, errors: FieldErrors): void {
  const walk: Walk = { errors, total: 0, dear: [] };
  node(schema, path, { isRoot: true, cardinality: 1, uncorrelatable: '' }, walk);
  if (walk.total > SCHEMA_LIMIT) {
    const part =
      'contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema';
    for (const dear of walk.dear) errors.forbidden(dear.path, part);
    const what = 'x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema';
    errors.forbidden(path, tooDear(what, walk.total, SCHEMA_LIMIT));
  }
}

interface Place {
  readonly isRoot: boolean;
  /** How often the node can occur; null = not limited by the schema. */
  readonly cardinality: number | null;
  /** Where items cannot be matched with those of before; '' = they can. */
  readonly uncorrelatable: string;
}

function node(schema: Props, path: string, place: Place, walk: Walk): void {
  const items = itemsOf(schema);
  const additional = additionalOf(schema);
  if (additional) {
    const cardinality = times(place.cardinality, schema.maxProperties);
    node(
      additional,
      `${path}.additionalProperties`,
      { ...place, isRoot: false, cardinality },
      walk,
    );
  }
  for (const [name, property] of propertiesOf(schema)) {
    node(property, `${path}.properties[${name}]`, { ...place, isRoot: false }, walk);
  }
  if (items) {
    const cardinality = times(place.cardinality, schema.maxItems);
    const isMap = schema['x-kubernetes-list-type'] === 'map';
    const uncorrelatable = place.uncorrelatable || (isMap ? '' : path);
    node(items, `${path}.items`, { isRoot: false, cardinality, uncorrelatable }, walk);
  }
  const compiled = compiledRules(schema, place.isRoot);
  compiled.rules.forEach((rule, i) => {
    const at = `${path}.x-kubernetes-validations[${i}]`;
    const count = place.cardinality ?? compiled.cardinality;
    checkRule(rule, at, place, (range) => range * count, compiled.type, walk);
  });
}

function times(cardinality: number | null, limit: number | undefined): number | null {
  return cardinality === null || limit === undefined ? null : cardinality * limit;
}

function checkRule(
  compiled: CompiledRule,
  path: string,
  place: Place,
  multiply: (cost: number) => number,
  type: Parameters<NonNullable<CompiledRule['program']>['estimate']>[0],
  walk: Walk,
): void {
  const { errors } = walk;
  const { rule, program, message } = compiled;
  if (program) {
    const cost = multiply(program.estimate(type).max);
    if (cost > EXPRESSION_LIMIT) {
      errors.forbidden(`${path}.rule`, tooDear('estimated rule cost', cost, EXPRESSION_LIMIT));
    }
    observe(walk, `${path}.rule`, cost);
  }
  if (compiled.error !== '') errors.invalid(`${path}.rule`, shown(rule), compiled.error);
  if (compiled.messageError !== '') {
    errors.invalid(`${path}.messageExpression`, shown(rule), compiled.messageError);
  } else if (message) {
    const cost = message.estimate(type).max;
    if (cost > EXPRESSION_LIMIT) {
      const detail = tooDear('estimated messageExpression cost', cost, EXPRESSION_LIMIT);
      errors.forbidden(`${path}.messageExpression`, detail);
    }
    observe(walk, `${path}.messageExpression`, cost);
  }
  if (compiled.usesOldSelf) {
    if (place.uncorrelatable !== '') {
      errors.invalid(
        `${path}.rule`,
        rule.rule,
        `oldSelf cannot be used on the uncorrelatable portion of the schema within ${place.uncorrelatable}`,
      );
    }
  } else if (rule.optionalOldSelf !== undefined) {
    const detail = 'may not be set if oldSelf is not used in rule';
    errors.invalid(`${path}.optionalOldSelf`, rule.optionalOldSelf, detail);
  }
}

/** A rule as Go shows it in errors. */
function shown(rule: CompiledRule['rule']): unknown {
  return {
    Rule: rule.rule,
    Message: rule.message ?? '',
    MessageExpression: rule.messageExpression ?? '',
    Reason: rule.reason ?? null,
    FieldPath: rule.fieldPath ?? '',
    OptionalOldSelf: rule.optionalOldSelf ?? null,
  };
}

function tooDear(what: string, cost: number, limit: number): string {
  const factor = cost / limit;
  const text =
    factor > 100 ? 'more than 100x' : `${factor < 1.5 ? factor.toFixed(6) : factor.toFixed(1)}x`;
  return (
    `${what} exceeds budget by factor of ${text} (try simplifying the rule, or adding maxItems, ` +
    'maxProperties, and maxLength where arrays, maps, and strings are declared)'
  );
}
