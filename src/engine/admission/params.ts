/**
 * The objects that parameterize a policy through one of its bindings.
 *
 * Models: k8s.io/apiserver pkg/admission/plugin/policy/generic policy_dispatcher.go CollectParams,
 *         policy_source.go (v1.36)
 */
import type { ParamKind, ParamRef } from '../../api/generated/types.ts';
import type { AdmissionContext, AnyKind } from '../../api/meta/define-kind.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import { compileStoredSelector } from '../../api/meta/selectors.ts';
import type { AdmissionRequest } from './request.ts';

/** The policy or binding cannot be used; its failurePolicy decides. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}

function splitVersion(apiVersion: string): { group: string; version: string } {
  const slash = apiVersion.indexOf('/');
  return { group: apiVersion.slice(0, Math.max(0, slash)), version: apiVersion.slice(slash + 1) };
}

/** The kind that |paramKind| names; throws where it is not served. */
export function paramKindOf(paramKind: ParamKind, context: AdmissionContext): AnyKind {
  const { apiVersion = '', kind = '' } = paramKind;
  const found = context.servedKind(apiVersion, kind);
  if (found !== undefined) return found;
  const { group, version } = splitVersion(apiVersion);
  throw new ConfigurationError(
    `failed to find resource referenced by paramKind: '${group}/${version}, Kind=${kind}'`,
  );
}

function paramNamespace(kind: AnyKind, ref: ParamRef, request: AdmissionRequest): string {
  if (!kind.namespaced) {
    if (ref.namespace === undefined || ref.namespace === '') return '';
    throw new ConfigurationError(
      'paramRef.namespace must not be provided for a cluster-scoped `paramKind`',
    );
  }
  const namespace = ref.namespace || request.namespace;
  if (namespace !== '') return namespace;
  throw new ConfigurationError(
    'cannot use namespaced paramRef in policy binding that matches cluster-scoped resources',
  );
}

/** One evaluation for each; null stands for no parameters. None: the binding is passed over. */
export function collectParams(
  kind: AnyKind | undefined,
  ref: ParamRef | undefined,
  request: AdmissionRequest,
): readonly (KubeObject | null)[] {
  if (kind === undefined || ref === undefined) return [null];
  const namespace = paramNamespace(kind, ref, request);
  const { group, plural } = kind;
  const { context } = request;
  let params: readonly KubeObject[];
  if (ref.name) {
    const found = context.lookup(group, plural, namespace, ref.name);
    params = found === undefined ? [] : [found];
  } else {
    const selector = compileStoredSelector(ref.selector);
    params = context
      .list(group, plural, namespace)
      .filter(({ metadata }) => selector.matches(metadata.labels));
  }
  if (params.length === 0 && ref.parameterNotFoundAction === 'Deny') {
    throw new ConfigurationError(
      'no params found for policy binding with `Deny` parameterNotFoundAction',
    );
  }
  return params;
}
