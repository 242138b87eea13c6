/**
 * MutatingAdmissionPolicy: the CEL mutations of the policies that are bound change requests.
 *
 * Models:     k8s.io/apiserver pkg/admission/plugin/policy/mutating dispatcher.go, compilation.go,
 *             plugin.go (v1.36)
 * Simplified: policies apply as soon as they are stored, where upstream's informers take a moment; when a
 *             policy has changed the object, the policies that want to are invoked again, but the
 *             other plugins are not; what is POSTed to a subresource is left alone
 */
import { RUNTIME_BUDGET } from '../../api/cel/env.ts';
import type {
  MutatingAdmissionPolicy,
  MutatingAdmissionPolicyBinding,
  Mutation,
} from '../../api/generated/types.ts';
import type { AdmissionContext, AnyKind, ServerPlugin } from '../../api/meta/define-kind.ts';
import { equalJson } from '../../api/meta/json.ts';
import type { Draft, KubeObject } from '../../api/meta/object.ts';
import { failure, type ApiError } from '../../api/meta/status.ts';
import {
  Activation,
  compileScope,
  matchConditions,
  OutOfBudget,
  type CompiledScope,
  type Inputs,
} from '../admission/evaluation.ts';
import { isExempt, matchResources } from '../admission/matching.ts';
import { decodeMutated, replaceDraft } from '../admission/mutated.ts';
import { collectParams, ConfigurationError, paramKindOf } from '../admission/params.ts';
import { admissionRequest, refusal, type AdmissionRequest } from '../admission/request.ts';
import {
  MutationError,
  patchedByConfiguration,
  patchedByOperations,
} from './mutating-admission-policy/patches.ts';

type Policy = MutatingAdmissionPolicy;
type Binding = MutatingAdmissionPolicyBinding;

const GROUP = 'admissionregistration.k8s.io';
const POLICIES = 'mutatingadmissionpolicies';
const BINDINGS = 'mutatingadmissionpolicybindings';

interface CompiledPolicy {
  readonly conditions: CompiledScope;
  readonly mutations: CompiledScope;
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
      conditions: compileScope(scope),
      mutations: compileScope({ ...scope, hasPatchTypes: true }),
    };
    compiled.set(spec, made);
  }
  return made;
}

/** One policy through one binding with one parameter. */
interface Invocation {
  readonly policy: Policy;
  readonly binding: Binding;
  readonly kind: AnyKind;
  readonly params: KubeObject | null;
}

/** What keeps a policy from being applied. */
interface PolicyError {
  readonly policy: Policy;
  readonly binding: Binding | null;
  readonly message: string;
  readonly reason: string;
}

/** Collects what goes wrong with a policy or binding itself. */
function guarded<T>(
  policy: Policy,
  binding: Binding | null,
  errors: PolicyError[],
  run: () => readonly T[],
): readonly T[] {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const what = binding === null ? 'policy' : 'binding';
    const message = `failed to configure ${what}: ${error.message}`;
    errors.push({ policy, binding, message, reason: '' });
    return [];
  }
}

function invocations(
  policy: Policy,
  bindings: readonly Binding[],
  request: AdmissionRequest,
  errors: PolicyError[],
): readonly Invocation[] {
  const { matchConstraints, paramKind } = policy.spec;
  const kind = matchConstraints && matchResources(matchConstraints, request);
  if (kind === undefined) return [];
  return guarded(policy, null, errors, () => {
    const params = paramKind && paramKindOf(paramKind, request.context);
    return bindings.flatMap((binding) => {
      const { matchResources: narrowed, paramRef } = binding.spec;
      if (narrowed !== undefined && !matchResources(narrowed, request)) return [];
      return guarded(policy, binding, errors, () =>
        collectParams(params, paramRef, request).map((param) => {
          return { policy, binding, kind, params: param };
        }),
      );
    });
  });
}

/** The object after one mutation, in the version of |kind|. */
function mutate(
  mutation: Mutation,
  scope: CompiledScope,
  inputs: Inputs,
  object: KubeObject,
): unknown {
  const { patchType, jsonPatch, applyConfiguration } = mutation;
  const isJson = patchType === 'JSONPatch';
  const source = (isJson ? jsonPatch : applyConfiguration)?.expression ?? '';
  const activation = new Activation(scope, inputs);
  const budget = { remaining: RUNTIME_BUDGET };
  const { value, error } = activation.evaluate(scope.expression(source), budget);
  if (error !== undefined) throw new MutationError(error);
  return isJson
    ? patchedByOperations(object, value)
    : patchedByConfiguration(object, value, inputs.kind);
}

/** Applies a policy's mutations in order; true when they have changed the object. */
function invoke(
  { policy, binding, kind, params }: Invocation,
  draft: Draft<KubeObject>,
  old: KubeObject | null,
  context: AdmissionContext,
  errors: PolicyError[],
): boolean {
  const { conditions, mutations } = compiledOf(policy);
  const fail = (message: string): void => {
    errors.push({ policy, binding, message, reason: 'Invalid' });
  };
  const inputsNow = (): Inputs => {
    const request = admissionRequest(draft as unknown as KubeObject, old, context);
    return { request, kind, params, withAuthorizer: true, withNamespace: true };
  };
  const wanted = policy.spec.matchConditions ?? [];
  if (wanted.length > 0) {
    const { matches, error } = matchConditions(conditions, wanted, inputsNow());
    if (error !== undefined) fail(error);
    if (!matches) return false;
  }
  let changed = false;
  for (const mutation of policy.spec.mutations ?? []) {
    const inputs = inputsNow();
    const { object } = inputs.request;
    if (object === null) continue;
    try {
      const made = decodeMutated(kind, mutate(mutation, mutations, inputs, object), true);
      if (!equalJson(made, object)) changed = true;
      replaceDraft(draft, made, kind);
    } catch (error) {
      if (!(error instanceof MutationError || error instanceof OutOfBudget)) throw error;
      fail(error.message);
    }
  }
  return changed;
}

/** The first error gives the message, all of them are causes. */
function deny(request: AdmissionRequest, errors: readonly PolicyError[]): ApiError {
  const texts = errors.map(({ policy, binding, message }) =>
    binding === null
      ? `policy "${policy.metadata.name}" denied request: ${message}`
      : `policy '${policy.metadata.name}' with binding '${binding.metadata.name}' denied request: ` +
        message,
  );
  const { status } = refusal(request, '');
  const reason = errors[0]?.reason || 'Forbidden';
  return failure(403, reason, texts[0] ?? '', {
    ...status.details,
    causes: texts.map((message) => ({ message })),
  });
}

export const mutatingAdmissionPolicy: ServerPlugin = {
  name: 'MutatingAdmissionPolicy',
  operations: ['CREATE', 'UPDATE'],
  subresources: '*',
  admit(draft: Draft<KubeObject>, old: KubeObject | null, context: AdmissionContext): void {
    const bindings = context.list(GROUP, BINDINGS, '') as readonly Binding[];
    if (bindings.length === 0) return;
    const { operation, subresource } = context;
    if (subresource === 'scale' || (operation === 'CREATE' && subresource !== '')) return;
    const request = admissionRequest(draft as unknown as KubeObject, old, context);
    if (isExempt(request)) return;
    const errors: PolicyError[] = [];
    const policies = context.list(GROUP, POLICIES, '') as readonly Policy[];
    const todo = policies.flatMap((policy) => {
      const own = bindings.filter(({ spec }) => spec.policyName === policy.metadata.name);
      return own.length === 0 ? [] : invocations(policy, own, request, errors);
    });
    const run = (some: readonly Invocation[]): boolean =>
      some.map((one) => invoke(one, draft, old, context, errors)).includes(true);
    // A change lets those that asked for it look once more.
    if (run(todo)) run(todo.filter(({ policy }) => policy.spec.reinvocationPolicy === 'IfNeeded'));
    const counted = errors.filter(({ policy }) => policy.spec.failurePolicy !== 'Ignore');
    if (counted.length > 0) throw deny(request, counted);
  },
};
