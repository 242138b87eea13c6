/**
 * ValidatingAdmissionPolicy status: checks the expressions of policies against the types of what they
 * are about, and reports what does not fit as warnings in status.typeChecking.
 *
 * Models:     kubernetes pkg/controller/validatingadmissionpolicystatus/controller.go;
 *             k8s.io/apiserver pkg/admission/plugin/policy/validating/typechecking.go (v1.36)
 * Watches:    ValidatingAdmissionPolicy (primary)
 * Writes:     ValidatingAdmissionPolicy apply (status)
 * Simplified: of a kind with several versions only the stored one is checked; the types of variables
 *             do not follow from those of objects
 */
import { compile } from '../../api/cel/compile.ts';
import type { CelEnv } from '../../api/cel/env.ts';
import { typeOfDefinition } from '../../api/cel/schema-types.ts';
import { DYN, type CelType } from '../../api/cel/types.ts';
import type { ExpressionWarning, RuleWithOperations } from '../../api/generated/types.ts';
import { environmentOf } from '../../api/kinds/admission-registration/environment.ts';
import { ValidatingAdmissionPolicy } from '../../api/kinds/validating-admission-policy.ts';
import { apiVersionOf, type AnyKind } from '../../api/meta/define-kind.ts';
import { compareText } from '../../api/meta/go-text.ts';
import type { Proc } from '../../kernel/process.ts';
import {
  type ControllerContext,
  type ControllerDefinition,
  defineController,
} from '../client/controller.ts';

const MAX_TYPES = 10; // maxTypesToCheck, typechecking.go
const MANAGER = 'validatingadmissionpolicy-status';

export function validatingAdmissionPolicyStatus(): ControllerDefinition<ValidatingAdmissionPolicy> {
  return defineController<ValidatingAdmissionPolicy>({
    name: 'validatingadmissionpolicy-status-controller',
    primary: ValidatingAdmissionPolicy,
    reconcile,
  });
}

function* reconcile(name: string, context: ControllerContext): Proc {
  const policy = context.get(ValidatingAdmissionPolicy, name);
  const generation = policy?.metadata.generation ?? 0;
  if (!policy || generation <= (policy.status.observedGeneration ?? 0)) return;
  const expressionWarnings = typeWarnings(policy, context.client.kinds());
  context.note('types checked', `generation ${policy.status.observedGeneration ?? 0}`);
  const typeChecking = expressionWarnings.length === 0 ? {} : { expressionWarnings };
  const configuration = {
    apiVersion: apiVersionOf(ValidatingAdmissionPolicy),
    kind: ValidatingAdmissionPolicy.kind,
    metadata: { name },
    status: { observedGeneration: generation, typeChecking },
  };
  yield* context.client.apply(ValidatingAdmissionPolicy, '', name, configuration, {
    fieldManager: MANAGER,
    subresource: 'status',
  });
}

/** Pure: what the types of |kinds| say against the expressions of |policy|. */
export function typeWarnings(
  { spec }: ValidatingAdmissionPolicy,
  kinds: readonly AnyKind[],
): readonly ExpressionWarning[] {
  const { paramKind, variables = [] } = spec;
  const env = environmentOf({
    hasParams: paramKind !== undefined,
    hasAuthorizer: true,
    hasPatchTypes: false,
    variables,
  });
  const params = kinds.find(
    (kind) => apiVersionOf(kind) === paramKind?.apiVersion && kind.kind === paramKind.kind,
  );
  const paramType = params && typeOf(params);
  const checked = kindsOf(spec.matchConstraints?.resourceRules ?? [], kinds).map((kind) => {
    const object = typeOf(kind) ?? DYN;
    const own: Record<string, CelType> = { ...env.variables, object, oldObject: object };
    if (paramType !== undefined) own['params'] = paramType;
    return { kind, env: { ...env, variables: own } };
  });
  const warnings: ExpressionWarning[] = [];
  const check = (source: string | undefined, fieldRef: string): void => {
    const warning = source ? warningsAbout(source, checked) : '';
    if (warning !== '') warnings.push({ fieldRef, warning });
  };
  for (const [i, { expression, messageExpression }] of (spec.validations ?? []).entries()) {
    check(expression, `spec.validations[${i}].expression`);
    check(messageExpression, `spec.validations[${i}].messageExpression`);
  }
  return warnings;
}

const typeOf = (kind: AnyKind): CelType | undefined => typeOfDefinition(kind.schema, kind.kind);

interface Checked {
  readonly kind: AnyKind;
  readonly env: CelEnv;
}

/** One paragraph for each kind that |source| does not fit. */
function warningsAbout(source: string, checked: readonly Checked[]): string {
  const texts: string[] = [];
  for (const { kind, env } of checked) {
    const program = compile(source, env);
    if (program.kind !== 'issues') continue;
    const { group, version } = kind;
    texts.push(`${group}/${version}, Kind=${kind.kind}: ${program.text}\n`);
  }
  return texts.join('\n');
}

/** The kinds that |rules| name without wildcards, in order of group, version and kind. */
function kindsOf(
  rules: readonly RuleWithOperations[],
  kinds: readonly AnyKind[],
): readonly AnyKind[] {
  const found = new Set<AnyKind>();
  for (const { apiGroups = [], apiVersions = [], resources = [] } of rules) {
    const wild = [...apiGroups, ...apiVersions].some((item) => item.includes('*'));
    if (wild) continue;
    for (const kind of kinds) {
      if (!apiGroups.includes(kind.group) || !apiVersions.includes(kind.version)) continue;
      if (resources.includes(kind.plural)) found.add(kind);
    }
  }
  const inOrder = [...found].sort(
    (a, b) =>
      compareText(a.group, b.group) ||
      compareText(a.version, b.version) ||
      compareText(a.kind, b.kind),
  );
  return inOrder.slice(0, MAX_TYPES);
}
