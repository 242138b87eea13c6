/**
 * ValidatingAdmissionPolicy: requests must satisfy the CEL rules of the policies that are bound.
 *
 * Models:     k8s.io/apiserver pkg/admission/plugin/policy/validating dispatcher.go, validator.go,
 *             plugin.go (v1.36)
 * Simplified: policies apply as soon as they are stored, where upstream's informers take a moment;
 *             audit annotations are evaluated and, as there is no audit log, kept nowhere
 */
import type {
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
  Validation,
} from '../../api/generated/types.ts';
import type { AdmissionContext, ServerPlugin } from '../../api/meta/define-kind.ts';
import { byteLength } from '../../api/meta/go-text.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import { RUNTIME_BUDGET } from '../../api/cel/env.ts';
import { typeNameOf } from '../../api/cel/values.ts';
import {
  Activation,
  compileScope,
  matchConditions,
  OutOfBudget,
  type Budget,
  type CompiledScope,
  type Evaluated,
  type Inputs,
} from '../admission/evaluation.ts';
import { isExempt, matchResources } from '../admission/matching.ts';
import { collectParams, ConfigurationError, paramKindOf } from '../admission/params.ts';
import { admissionRequest, refusalBecause, type AdmissionRequest } from '../admission/request.ts';

type Policy = ValidatingAdmissionPolicy;
type Binding = ValidatingAdmissionPolicyBinding;

const GROUP = 'admissionregistration.k8s.io';
const POLICIES = 'validatingadmissionpolicies';
const BINDINGS = 'validatingadmissionpolicybindings';
const MAX_MESSAGE_BYTES = 5 * 1024; // MaxEvaluatedMessageExpressionSizeBytes, pkg/apis/cel/config.go

interface CompiledPolicy {
  readonly rules: CompiledScope;
  /** Messages may not ask the authorizer. */
  readonly messages: CompiledScope;
}

const compiled = new WeakMap<Policy['spec'], CompiledPolicy>();

/** Stored objects are never changed: what is compiled of a spec is kept with it. */
function compiledOf({ spec }: Policy): CompiledPolicy {
  let made = compiled.get(spec);
  if (made === undefined) {
    const scope = {
      hasParams: spec.paramKind !== undefined,
      hasAuthorizer: true,
      hasPatchTypes: false,
      variables: spec.variables ?? [],
    };
    made = {
      rules: compileScope(scope),
      messages: compileScope({ ...scope, hasAuthorizer: false }),
    };
    compiled.set(spec, made);
  }
  return made;
}

/** A rule that the request breaks, or that could not be evaluated. */
interface Denial {
  readonly message: string;
  readonly reason: string;
  /** The rule has no value: failurePolicy decides. */
  readonly isFailure: boolean;
}

interface Denied {
  readonly message: string;
  readonly reason: string;
  readonly policy: string;
  readonly binding: string | null;
}

const INVALID = 'Invalid';
const failed = (message: string): Denial => ({ message, reason: INVALID, isFailure: true });

/** The custom message, where there is a usable one. */
function messageOf(validation: Validation, evaluated: Evaluated | undefined): string {
  const { expression = '', message = '' } = validation;
  if (typeof evaluated?.value === 'string') {
    const text = evaluated.value.trim();
    const usable = text !== '' && byteLength(text) <= MAX_MESSAGE_BYTES && !text.includes('\n');
    if (usable) return text;
  }
  return message.trim() || `failed expression: ${expression.trim()}`;
}

/** What the message expressions say; a text: why none of them can be evaluated. */
function evaluateMessages(
  { spec }: Policy,
  { messages }: CompiledPolicy,
  inputs: Inputs,
  budget: Budget,
): readonly (Evaluated | undefined)[] | string {
  const activation = new Activation(messages, { ...inputs, withAuthorizer: false });
  try {
    return (spec.validations ?? []).map(({ messageExpression }) =>
      messageExpression
        ? activation.evaluate(messages.expression(messageExpression), budget)
        : undefined,
    );
  } catch (error) {
    if (!(error instanceof OutOfBudget)) throw error;
    return error.message;
  }
}

function checkValidations(policy: Policy, program: CompiledPolicy, inputs: Inputs): Denial[] {
  const validations = policy.spec.validations ?? [];
  const budget: Budget = { remaining: RUNTIME_BUDGET };
  const { rules } = program;
  const activation = new Activation(rules, inputs);
  const results = validations.map(({ expression = '' }) =>
    activation.evaluate(rules.expression(expression), budget),
  );
  if (results.every(({ value }) => value === true)) return [];
  const messages = evaluateMessages(policy, program, inputs, budget);
  const denials: Denial[] = [];
  for (const [i, { value, error }] of results.entries()) {
    const validation = validations[i] as Validation;
    if (error !== undefined) denials.push(failed(error));
    else if (typeof messages === 'string') {
      denials.push(failed(`failed messageExpression: ${messages}`));
    } else if (value !== true) {
      const message = messageOf(validation, messages[i]);
      denials.push({ message, reason: validation.reason ?? INVALID, isFailure: false });
    }
  }
  return denials;
}

/** Audit annotations have values or are left out; one that has neither counts as a failure. */
function checkAnnotations({ spec }: Policy, { rules }: CompiledPolicy, inputs: Inputs): Denial[] {
  const annotations = spec.auditAnnotations ?? [];
  if (annotations.length === 0) return [];
  const activation = new Activation(rules, { ...inputs, withAuthorizer: false });
  const budget: Budget = { remaining: RUNTIME_BUDGET };
  const denials: Denial[] = [];
  for (const { valueExpression = '' } of annotations) {
    const { value, error } = activation.evaluate(rules.expression(valueExpression), budget);
    if (error !== undefined) denials.push(failed(error));
    else if (typeof value !== 'string' && value !== null) {
      denials.push(
        failed(
          `valueExpression '${valueExpression}' resulted in unsupported return type: ` +
            `${typeNameOf(value)}. Return type must be either string or null.`,
        ),
      );
    }
  }
  return denials;
}

interface Outcome {
  readonly validations: readonly Denial[];
  readonly annotations: readonly Denial[];
}

const NOTHING: Outcome = { validations: [], annotations: [] };

/** Errors count as denials unless the policy ignores failures. */
function validate(policy: Policy, inputs: Inputs): Outcome {
  const program = compiledOf(policy);
  const { matchConditions: conditions = [], failurePolicy } = policy.spec;
  const counted = (denials: readonly Denial[]): readonly Denial[] =>
    failurePolicy === 'Ignore' ? denials.filter(({ isFailure }) => !isFailure) : denials;
  const failure = (message: string): Outcome => ({
    ...NOTHING,
    validations: counted([failed(message)]),
  });
  if (conditions.length > 0) {
    const { matches, error } = matchConditions(program.rules, conditions, inputs);
    if (error !== undefined) return failure(error);
    if (!matches) return NOTHING;
  }
  try {
    return {
      validations: counted(checkValidations(policy, program, inputs)),
      annotations: counted(checkAnnotations(policy, program, inputs)),
    };
  } catch (error) {
    if (!(error instanceof OutOfBudget)) throw error;
    return failure(error.message);
  }
}

/** What the binding's actions make of the denials. */
function act(
  policy: Policy,
  binding: Binding,
  outcome: Outcome,
  context: AdmissionContext,
): Denied[] {
  const name = policy.metadata.name;
  const by = binding.metadata.name;
  const named = ({ message, reason }: Denial): Denied => {
    return { message, reason, policy: name, binding: by };
  };
  const denied: Denied[] = [];
  for (const denial of outcome.validations) {
    for (const action of binding.spec.validationActions ?? []) {
      if (action === 'Deny') denied.push(named(denial));
      if (action !== 'Warn') continue;
      const what = `ValidatingAdmissionPolicy '${name}' with binding '${by}'`;
      context.warn(`Validation failed for ${what}: ${denial.message}`);
    }
  }
  return [...denied, ...outcome.annotations.map(named)];
}

/** A policy or binding that cannot be used counts as a denial unless failures are ignored. */
function guarded(
  policy: Policy,
  binding: string | null,
  run: () => readonly Denied[],
): readonly Denied[] {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    if (policy.spec.failurePolicy === 'Ignore') return [];
    const what = binding === null ? 'policy' : 'binding';
    const message = `failed to configure ${what}: ${error.message}`;
    return [{ message, reason: INVALID, policy: policy.metadata.name, binding }];
  }
}

function checkPolicy(
  policy: Policy,
  bindings: readonly Binding[],
  request: AdmissionRequest,
): readonly Denied[] {
  const { matchConstraints, paramKind } = policy.spec;
  const kind = matchConstraints && matchResources(matchConstraints, request);
  if (kind === undefined) return [];
  const { context } = request;
  return guarded(policy, null, () => {
    const params = paramKind && paramKindOf(paramKind, context);
    return bindings.flatMap((binding) => {
      const { matchResources: narrowed, paramRef } = binding.spec;
      if (narrowed !== undefined && !matchResources(narrowed, request)) return [];
      return guarded(policy, binding.metadata.name, () =>
        collectParams(params, paramRef, request).flatMap((param) => {
          const inputs: Inputs = {
            request,
            kind,
            params: param,
            withAuthorizer: true,
            withNamespace: true,
          };
          return act(policy, binding, validate(policy, inputs), context);
        }),
      );
    });
  });
}

export const validatingAdmissionPolicy: ServerPlugin = {
  name: 'ValidatingAdmissionPolicy',
  operations: ['CREATE', 'UPDATE', 'DELETE', 'CONNECT'],
  subresources: '*',
  validate(object: KubeObject, old: KubeObject | null, context: AdmissionContext): void {
    const bindings = context.list(GROUP, BINDINGS, '') as readonly Binding[];
    if (bindings.length === 0) return;
    const policies = context.list(GROUP, POLICIES, '') as readonly Policy[];
    const request = admissionRequest(object, old, context);
    if (isExempt(request)) return;
    const denied = policies.flatMap((policy) => {
      const own = bindings.filter(({ spec }) => spec.policyName === policy.metadata.name);
      return own.length === 0 ? [] : checkPolicy(policy, own, request);
    });
    const [first] = denied;
    if (first === undefined) return;
    const by = first.binding === null ? '' : ` with binding '${first.binding}'`;
    throw refusalBecause(
      request,
      first.reason,
      `ValidatingAdmissionPolicy '${first.policy}'${by} denied request: ${first.message}`,
    );
  },
};
