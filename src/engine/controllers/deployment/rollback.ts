/**
 * Going back to a former revision, as the annotation of the former API asks for it; kubectl's undo
 * changes the template itself.
 *
 * Models: kubernetes pkg/controller/deployment/rollback.go, util/deployment_util.go (LastRevision,
 *         SetDeploymentAnnotationsTo, SetFromReplicaSetTemplate) (v1.36)
 */
import type { Deployment, ReplicaSet } from '../../../api/generated/types.ts';
import type { EventInput } from '../../client/events.ts';
import {
  NOT_COPIED,
  POD_TEMPLATE_HASH,
  ROLLBACK_TO,
  parseRevision,
  revisionOf,
  sameTemplate,
} from './replica-sets.ts';

export interface Rollback {
  /** What the Deployment is to be: in any case nobody asks again. */
  readonly deployment: Deployment;
  /** Told when that has been written. */
  readonly done?: EventInput;
  /** Why it stays as it is; told before. */
  readonly refused?: EventInput;
}

/** The revision that is asked for, 0 for the one before; undefined when nobody asks. */
export function rollbackTarget({ metadata }: Deployment): bigint | undefined {
  const text = metadata.annotations?.[ROLLBACK_TO] ?? '';
  return text === '' ? undefined : parseRevision(text);
}

export function planRollback(d: Deployment, sets: readonly ReplicaSet[], asked: bigint): Rollback {
  const refuse = (reason: string, message: string): Rollback => ({
    deployment: withAnnotations(d, d.metadata.annotations ?? {}),
    refused: { type: 'Warning', reason, message },
  });
  const target = asked === 0n ? lastRevision(sets) : asked;
  const notFound = 'DeploymentRollbackRevisionNotFound';
  if (target === 0n) return refuse(notFound, 'Unable to find last revision.');
  const rs = sets.find((set) => revisionOf(set) === target);
  if (!rs) return refuse(notFound, 'Unable to find the revision to rollback to.');
  const { name } = d.metadata;
  if (sameTemplate(d.spec.template, rs.spec.template)) {
    const what = 'The rollback revision contains the same template as current deployment';
    return refuse('DeploymentRollbackTemplateUnchanged', `${what} "${name}"`);
  }
  const message = `Rolled back deployment "${name}" to revision ${target}`;
  return {
    deployment: rolledBack(d, rs),
    done: { type: 'Normal', reason: 'DeploymentRollback', message },
  };
}

/** The second highest revision, or 0. */
function lastRevision(sets: readonly ReplicaSet[]): bigint {
  let highest = 0n;
  let second = 0n;
  for (const rs of sets) {
    const revision = revisionOf(rs);
    if (revision === undefined) continue;
    if (revision >= highest) {
      second = highest;
      highest = revision;
    } else if (revision > second) second = revision;
  }
  return second;
}

/** With the template of |rs|, and its annotations: what is said of a revision goes with it. */
function rolledBack(d: Deployment, rs: ReplicaSet): Deployment {
  const { [POD_TEMPLATE_HASH]: _hash, ...labels } = rs.spec.template.metadata.labels ?? {};
  const { template } = rs.spec;
  const own = Object.entries(d.metadata.annotations ?? {}).filter(([key]) => NOT_COPIED.has(key));
  const its = Object.entries(rs.metadata.annotations ?? {}).filter(([key]) => !NOT_COPIED.has(key));
  const next = withAnnotations(d, Object.fromEntries([...own, ...its]));
  const metadata = { ...template.metadata, labels };
  return { ...next, spec: { ...d.spec, template: { ...template, metadata } } };
}

function withAnnotations(d: Deployment, all: Readonly<Record<string, string>>): Deployment {
  const { [ROLLBACK_TO]: _asked, ...annotations } = all;
  return { ...d, metadata: { ...d.metadata, annotations } };
}
