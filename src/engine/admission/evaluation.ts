/**
 * Runs the CEL expressions of admission policies and webhooks against one request, within a budget.
 *
 * Models: k8s.io/apiserver pkg/admission/plugin/cel activation.go, condition.go, composition.go,
 *         pkg/admission/plugin/webhook/matchconditions matcher.go (v1.36)
 */
import { compile, evaluate, type CelInstantiationError } from '../../api/cel/compile.ts';
import { PER_CALL_LIMIT, type CelIssues, type CelProgram } from '../../api/cel/env.ts';
import { fromJson } from '../../api/cel/json-values.ts';
import { CelError, CelMap, type CelValue } from '../../api/cel/values.ts';
import type { MatchCondition, Variable } from '../../api/generated/types.ts';
import { environmentOf } from '../../api/kinds/admission-registration/environment.ts';
import type { ExpressionScope } from '../../api/kinds/admission-registration/expressions.ts';
import type { AnyKind } from '../../api/meta/define-kind.ts';
import { goQuote } from '../../api/meta/go-text.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import {
  authorizerValue,
  inVersion,
  namespaceValue,
  requestResourceValue,
  requestValue,
  type AdmissionRequest,
} from './request.ts';

/** pkg/apis/cel/config.go: RuntimeCELCostBudgetMatchConditions */
export const MATCH_CONDITIONS_BUDGET = 2_500_000;

export interface CompiledExpression {
  readonly source: string;
  readonly program: CelProgram | CelIssues | CelInstantiationError;
}

/** Expressions of a policy that may use the same names. */
export interface CompiledScope {
  readonly variables: readonly { readonly name: string; readonly expression: CompiledExpression }[];
  expression(source: string): CompiledExpression;
}

export function compileScope(scope: ExpressionScope): CompiledScope {
  const named: readonly Variable[] = scope.variables ?? [];
  const env = environmentOf(scope);
  const variables = named.map(({ name = '', expression = '' }, i) => {
    // A variable sees those before it.
    const before = environmentOf({ ...scope, variables: named.slice(0, i) });
    return { name, expression: { source: expression, program: compile(expression, before) } };
  });
  const compiled = new Map<string, CompiledExpression>();
  const expression = (source: string): CompiledExpression => {
    let known = compiled.get(source);
    if (known === undefined) {
      known = { source, program: compile(source, env) };
      compiled.set(source, known);
    }
    return known;
  };
  return { variables, expression };
}

/** What is left of the cost that a policy may cause. */
export interface Budget {
  remaining: number;
}

/** The budget is used up: no further expression is run. */
export class OutOfBudget extends Error {
  override readonly name = 'OutOfBudget';
  constructor() {
    super(
      'validation failed due to running out of cost budget, no further validation rules will be run',
    );
  }
}

export interface Inputs {
  readonly request: AdmissionRequest;
  /** The kind that the rules matched: objects are shown in its version. */
  readonly kind: AnyKind;
  readonly params: KubeObject | null;
  readonly withAuthorizer: boolean;
  readonly withNamespace: boolean;
}

/** `variables`: each is evaluated when it is first read. */
class LazyVariables extends CelMap {
  readonly #activation: Activation;
  readonly #scope: CompiledScope;
  readonly #known = new Map<string, CelValue>();
  constructor(activation: Activation, scope: CompiledScope) {
    super();
    this.#activation = activation;
    this.#scope = scope;
  }
  get size(): number {
    return this.#scope.variables.length;
  }
  keys(): readonly CelValue[] {
    return this.#scope.variables.map(({ name }) => name);
  }
  find(key: CelValue): CelValue | undefined {
    const variable = this.#scope.variables.find(({ name }) => name === key);
    if (variable === undefined) return undefined;
    const known = this.#known.get(variable.name);
    if (known !== undefined) return known;
    const value = this.#activation.variable(variable.name, variable.expression);
    this.#known.set(variable.name, value);
    return value;
  }
}

export type Evaluated =
  | { readonly value: CelValue; readonly error?: undefined }
  | { readonly value?: undefined; readonly error: string };

const faultOf = (program: CelIssues | CelInstantiationError): string =>
  program.kind === 'issues'
    ? `compilation failed: ${program.text}`
    : `program instantiation failed: ${program.message}`;

/** One pass over a policy's expressions: variables keep their values within it. */
export class Activation {
  readonly #inputs: Inputs;
  readonly #values = new Map<string, CelValue | undefined>();
  readonly #variables: LazyVariables;
  /** Cost of variables since it was last taken off the budget. */
  #variableCost = 0;

  constructor(scope: CompiledScope, inputs: Inputs) {
    this.#inputs = inputs;
    this.#variables = new LazyVariables(this, scope);
  }

  readonly #bindings = (name: string): CelValue | undefined => {
    if (name === 'variables') return this.#variables;
    if (this.#values.has(name)) return this.#values.get(name);
    const value = this.#make(name);
    this.#values.set(name, value);
    return value;
  };

  #make(name: string): CelValue | undefined {
    const { request, kind, params, withAuthorizer, withNamespace } = this.#inputs;
    switch (name) {
      case 'object':
        return fromJson(this.#shown(request.object));
      case 'oldObject':
        return fromJson(this.#shown(request.old));
      case 'params':
        return fromJson(params);
      case 'request':
        return requestValue(request, kind);
      case 'namespaceObject':
        return withNamespace ? namespaceValue(request) : null;
      case 'authorizer':
        return withAuthorizer ? authorizerValue(request) : undefined;
      case 'authorizer.requestResource':
        return withAuthorizer ? requestResourceValue(request) : undefined;
      default:
        return undefined;
    }
  }

  #shown(object: KubeObject | null): KubeObject | null {
    return inVersion(object, this.#inputs.kind);
  }

  variable(name: string, { program }: CompiledExpression): CelValue {
    if (program.kind !== 'program') {
      return new CelError(
        `composited variable ${goQuote(name)} fails to compile: ${faultOf(program)}`,
      );
    }
    const outcome = evaluate(program, this.#bindings, { perCall: PER_CALL_LIMIT, spent: 0 });
    this.#variableCost += outcome.cost;
    if (outcome.error === undefined) return outcome.value;
    return new CelError(`composited variable ${goQuote(name)} fails to evaluate: ${outcome.error}`);
  }

  /** The value of an expression, or the sentence that says why it has none. */
  evaluate({ source, program }: CompiledExpression, budget: Budget): Evaluated {
    if (program.kind !== 'program') return { error: `compilation error: ${faultOf(program)}` };
    const outcome = evaluate(program, this.#bindings, { perCall: PER_CALL_LIMIT, spent: 0 });
    const cost = outcome.cost + this.#variableCost;
    this.#variableCost = 0;
    if (cost > budget.remaining) throw new OutOfBudget();
    budget.remaining -= cost;
    if (outcome.error === undefined) return { value: outcome.value };
    return { error: `expression '${source}' resulted in error: ${outcome.error}` };
  }
}

export interface MatchResult {
  readonly matches: boolean;
  /** Some condition has no value, and none is false. */
  readonly error?: string;
}

/** How Go's aggregate prints: one alone, several in brackets, none twice. */
function aggregate(errors: readonly string[]): string {
  const unique = [...new Set(errors)];
  return unique.length === 1 ? (unique[0] ?? '') : `[${unique.join(', ')}]`;
}

/** Whether all match conditions hold. A false one decides, whatever the others are. */
export function matchConditions(
  scope: CompiledScope,
  conditions: readonly MatchCondition[],
  inputs: Inputs,
): MatchResult {
  const activation = new Activation(scope, { ...inputs, withNamespace: false });
  const budget = { remaining: MATCH_CONDITIONS_BUDGET };
  const errors: string[] = [];
  try {
    const results = conditions.map(({ expression = '' }) =>
      activation.evaluate(scope.expression(expression), budget),
    );
    for (const { value, error } of results) {
      if (error !== undefined) errors.push(error);
      else if (value === false) return { matches: false };
    }
  } catch (error) {
    if (!(error instanceof OutOfBudget)) throw error;
    return { matches: false, error: error.message };
  }
  return errors.length === 0 ? { matches: true } : { matches: false, error: aggregate(errors) };
}
