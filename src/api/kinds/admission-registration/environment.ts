/**
 * What CEL expressions of admission webhooks and policies may refer to.
 *
 * Models: k8s.io/apiserver pkg/admission/plugin/cel compile.go, composition.go, pkg/cel/mutation
 *         (v1.36)
 */
import { compile } from '../../cel/compile.ts';
import type { CelEnv } from '../../cel/env.ts';
import {
  BOOL,
  type CelType,
  DYN,
  INT,
  listOf,
  mapOf,
  STRING,
  structOf,
  structOfFields,
  TIMESTAMP,
} from '../../cel/types.ts';
import type { ExpressionScope } from './expressions.ts';

const kubernetes = (name: string, fields: Readonly<Record<string, CelType>>): CelType =>
  structOfFields(`kubernetes.${name}`, fields);

const texts = (...names: readonly string[]): Record<string, CelType> =>
  Object.fromEntries(names.map((name) => [name, STRING]));

const KIND = kubernetes('GroupVersionKind', texts('group', 'version', 'kind'));
const RESOURCE = kubernetes('GroupVersionResource', texts('group', 'version', 'resource'));
const USER = kubernetes('UserInfo', {
  ...texts('username', 'uid'),
  groups: listOf(STRING),
  extra: mapOf(STRING, listOf(STRING)),
});

const REQUEST = kubernetes('AdmissionRequest', {
  ...texts('subResource', 'requestSubResource', 'name', 'namespace', 'operation'),
  kind: KIND,
  resource: RESOURCE,
  requestKind: KIND,
  requestResource: RESOURCE,
  userInfo: USER,
  dryRun: BOOL,
  options: DYN,
});

const NAMESPACE = kubernetes('Namespace', {
  metadata: kubernetes('NamespaceMetadata', {
    ...texts('name', 'generateName', 'namespace', 'UID', 'resourceVersion'),
    labels: mapOf(STRING, STRING),
    annotations: mapOf(STRING, STRING),
    creationTimestamp: TIMESTAMP,
    deletionGracePeriodSeconds: INT,
    deletionTimestamp: TIMESTAMP,
    generation: INT,
    finalizers: listOf(STRING),
  }),
  spec: kubernetes('NamespaceSpec', { finalizers: listOf(STRING) }),
  status: kubernetes('NamespaceStatus', {
    conditions: listOf(
      kubernetes('NamespaceCondition', {
        ...texts('status', 'type', 'message', 'reason'),
        lastTransitionTime: TIMESTAMP,
      }),
    ),
    phase: STRING,
  }),
});

const authorization = (name: string): CelType =>
  structOf(`kubernetes.authorization.${name}`, () => undefined);

export const JSON_PATCH = structOfFields('JSONPatch', {
  ...texts('op', 'path', 'from'),
  value: DYN,
});
export const APPLY_OBJECT = dynamicObject('Object');

/** `Object.spec` and the like: any field is there. */
function dynamicObject(name: string): CelType {
  return structOf(name, () => DYN);
}

function patchType(name: string): CelType | undefined {
  if (name === JSON_PATCH.name) return JSON_PATCH;
  return name === 'Object' || name.startsWith('Object.') ? dynamicObject(name) : undefined;
}

function variableTypes(scope: ExpressionScope): Readonly<Record<string, CelType>> {
  const types: Record<string, CelType> = {};
  for (const { name, expression } of scope.variables ?? []) {
    const program = compile(expression ?? '', environmentOf(scope, types));
    if (program.kind === 'program') types[name] = declarable(program.type);
  }
  return types;
}

/** The type that a variable gets from its expression; structs count as anything. */
function declarable(type: CelType): CelType {
  if (type.kind === 'list') return listOf(declarable(type.params[0] ?? DYN));
  if (type.kind === 'map') {
    return mapOf(declarable(type.params[0] ?? DYN), declarable(type.params[1] ?? DYN));
  }
  return type.params.length > 0 || type.kind === 'struct' ? DYN : type;
}

/** |variables| by their types; absent: those of the scope, compiled in order. */
export function environmentOf(
  scope: ExpressionScope,
  variables: Readonly<Record<string, CelType>> = variableTypes(scope),
): CelEnv {
  const own: Record<string, CelType> = {
    object: DYN,
    oldObject: DYN,
    request: REQUEST,
    namespaceObject: NAMESPACE,
  };
  if (scope.hasParams) own['params'] = DYN;
  if (scope.hasAuthorizer) {
    own['authorizer'] = authorization('Authorizer');
    own['authorizer.requestResource'] = authorization('ResourceCheck');
  }
  if (scope.variables !== undefined) own['variables'] = kubernetes('variables', variables);
  return scope.hasPatchTypes
    ? { variables: own, structs: patchType, jsonPatch: true }
    : { variables: own };
}
