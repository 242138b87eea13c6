/**
 * `kubectl delete` and `kubectl scale` of one object, by its reference `Kind/namespace/name`.
 *
 * Models: k8s.io/kubectl pkg/cmd/delete, pkg/cmd/scale (v1.36)
 */
import { type AnyKind, groupKind } from '../api/meta/define-kind.ts';
import type { ApiRequest, ApiResponse, CommandResult } from '../port/protocol.ts';
import { discover, type Mapping, mappingOf } from './mapping.ts';
import { errorText, request, resourcePath, shownName } from './rest.ts';

type Program = Generator<ApiRequest, CommandResult, ApiResponse>;

export function* deleteObject(
  kinds: readonly AnyKind[],
  ref: string,
  graceSeconds?: number,
): Program {
  const found = yield* mappingOfRef(kinds, ref);
  if (!found) return unknownRef(ref);
  const { kind, namespace, name } = found;
  const options = {
    kind: 'DeleteOptions',
    apiVersion: 'v1',
    propagationPolicy: 'Background',
    ...(graceSeconds === undefined ? {} : { gracePeriodSeconds: graceSeconds }),
  };
  const answer = yield request('DELETE', resourcePath(kind, namespace, name), options);
  if (answer.code >= 300) return failed(answer);
  const where = namespace === '' ? '' : ` from ${namespace} namespace`;
  const how = graceSeconds === 0 ? 'force deleted' : 'deleted';
  const shown = groupKind({ group: kind.group, kind: kind.singular });
  return done(`${shown} "${name}" ${how}${where}\n`);
}

export function* scaleObject(kinds: readonly AnyKind[], ref: string, replicas: number): Program {
  const found = yield* mappingOfRef(kinds, ref);
  if (!found) return unknownRef(ref);
  const { kind, namespace, name } = found;
  const answer = yield request(
    'PATCH',
    resourcePath(kind, namespace, name, 'scale'),
    { spec: { replicas } },
    { contentType: 'application/merge-patch+json' },
  );
  if (answer.code >= 300) return failed(answer);
  return done(`${shownName(kind, name)} scaled\n`);
}

function* mappingOfRef(
  kinds: readonly AnyKind[],
  ref: string,
): Generator<ApiRequest, { kind: Mapping; namespace: string; name: string } | null, ApiResponse> {
  const [kindName = '', namespace = '', name = ''] = ref.split('/');
  if (name === '') return null;
  const known = kinds.map(mappingOf);
  const named = (m: Mapping): boolean => m.kind === kindName;
  const kind = known.find(named) ?? (yield* discover(known)).find(named);
  return kind ? { kind, namespace, name } : null;
}

function unknownRef(ref: string): CommandResult {
  const message = `the server doesn't have a resource type for "${ref}"`;
  return {
    stdout: '',
    stderr: `error: ${message}\n`,
    exitCode: 1,
    problems: [{ severity: 'error', message }],
  };
}

function failed(answer: ApiResponse): CommandResult {
  const message = errorText(answer);
  return {
    stdout: '',
    stderr: `${message}\n`,
    exitCode: 1,
    problems: [{ severity: 'error', message }],
  };
}

function done(stdout: string): CommandResult {
  return { stdout, stderr: '', exitCode: 0, problems: [] };
}
