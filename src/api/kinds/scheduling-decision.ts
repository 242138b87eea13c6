/**
 * SchedulingDecision: why the scheduler put a Pod where it is, or nowhere: each plugin's verdict about
 * each node, its scores, the draw among equals, what was done to make room. One for each Pod that was
 * tried lately, under the Pod's name; read-only, and nothing is stored.
 *
 * Models:     nothing of upstream's, whose scheduler tells this in its log alone
 * Simplified: no watch; a list shows at most 100 nodes of each decision; in no OpenAPI document
 */
import { AGE_COLUMN, NAME_COLUMN } from '../meta/columns.ts';
import { type AdmissionContext, defineKind, type Kind } from '../meta/define-kind.ts';
import type { KubeObject, StoredMeta } from '../meta/object.ts';
import type { DefinitionSchema } from '../meta/schema.ts';
import { notFound } from '../meta/status.ts';

/** One plugin's score of one node. */
export interface DecisionScore {
  readonly plugin: string;
  /** What the plugin counted; the same brought to 0…100; that times the plugin's weight. */
  readonly raw: number;
  readonly normalized: number;
  readonly weighted: number;
}

export interface NodeResult {
  readonly node: string;
  readonly feasible: boolean;
  /** Which plugin refused the node, in which words, and whether evicting Pods might help. */
  readonly refusedBy?: string;
  readonly reasons?: readonly string[];
  readonly resolvable?: boolean;
  readonly scores?: readonly DecisionScore[];
  readonly total?: number;
}

/** Without what every object has. */
export interface DecisionContent {
  readonly scheduler: string;
  readonly profile: string;
  readonly attempt: number;
  /** RFC 3339. */
  readonly time: string;
  /** Absent when no node could take the Pod. */
  readonly node?: string;
  readonly message?: string;
  readonly nodes: { readonly all: number; readonly evaluated: number; readonly feasible: number };
  readonly plugins: {
    readonly filter: readonly string[];
    readonly score: readonly { readonly name: string; readonly weight: number }[];
  };
  /** Nodes that had the best total together, of which chance chose. */
  readonly tie?: readonly string[];
  readonly preemption?: {
    readonly message?: string;
    readonly nominatedNode?: string;
    /** `namespace/name` */
    readonly victims: readonly string[];
  };
  readonly results: readonly NodeResult[];
}

export interface SchedulingDecision extends KubeObject, DecisionContent {}

export interface KeptDecision {
  readonly namespace: string;
  readonly name: string;
  readonly podUid: string;
  /** With at most so many results. */
  content(maxResults: number): DecisionContent;
}

export interface DecisionSource {
  get(namespace: string, name: string): KeptDecision | null;
  all(): Iterable<KeptDecision>;
}

const MAX_RESULTS_IN_LIST = 100;

const NAME = { group: 'kubeglass.dev', plural: 'schedulingdecisions' };

export function schedulingDecisionKind(source: DecisionSource): Kind<SchedulingDecision> {
  return defineKind<SchedulingDecision>({
    group: NAME.group,
    version: 'v1alpha1',
    kind: 'SchedulingDecision',
    plural: NAME.plural,
    singular: 'schedulingdecision',
    shortNames: ['sdec'],
    namespaced: true,
    schema: SCHEMA,
    verbs: ['get', 'list'],
    computed: (context) => (context.name === '' ? list(source, context) : one(source, context)),
    columns: [
      NAME_COLUMN,
      { name: 'Node', type: 'string', cell: ({ node }) => node ?? '<none>' },
      {
        name: 'Feasible',
        type: 'string',
        cell: ({ nodes }) => `${nodes.feasible}/${nodes.all}`,
      },
      { name: 'Score', type: 'string', cell: bestScore },
      { name: 'Attempt', type: 'integer', cell: ({ attempt }) => attempt },
      { name: 'Scheduler', type: 'string', priority: 1, cell: ({ profile }) => profile },
      AGE_COLUMN,
      { name: 'Message', type: 'string', cell: ({ message }) => message ?? '' },
    ],
  });
}

/** Of the node that was chosen, and how many had as much. */
function bestScore({ node, results, tie }: SchedulingDecision): string {
  const total = results.find((r) => r.node === node)?.total;
  if (total === undefined) return '<none>';
  return tie && tie.length > 1 ? `${total} (${tie.length} equal)` : String(total);
}

function one(
  source: DecisionSource,
  { namespace, name }: AdmissionContext,
): readonly SchedulingDecision[] {
  const kept = source.get(namespace, name);
  if (!kept) throw notFound(NAME, name);
  return [made(kept, Number.MAX_SAFE_INTEGER)];
}

function list(
  source: DecisionSource,
  { namespace }: AdmissionContext,
): readonly SchedulingDecision[] {
  const decisions: SchedulingDecision[] = [];
  for (const kept of source.all()) {
    if (namespace !== '' && kept.namespace !== namespace) continue;
    decisions.push(made(kept, MAX_RESULTS_IN_LIST));
  }
  return decisions.sort((a, b) => compare(keyOf(a), keyOf(b)));
}

function keyOf({ metadata }: SchedulingDecision): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

function made(kept: KeptDecision, maxResults: number): SchedulingDecision {
  const content = kept.content(maxResults);
  const { namespace, name, podUid: uid } = kept;
  const owner = { apiVersion: 'v1', kind: 'Pod', name, uid };
  return {
    kind: 'SchedulingDecision',
    apiVersion: 'kubeglass.dev/v1alpha1',
    metadata: {
      name,
      namespace,
      creationTimestamp: content.time,
      ownerReferences: [owner],
    } as unknown as StoredMeta,
    ...content,
  };
}

const STRING = { t: 'string' } as const;
const NUMBER = { t: 'int64' } as const;
const STRINGS = { t: 'array', i: STRING } as const;
const SCORE: DefinitionSchema = {
  p: { plugin: STRING, raw: NUMBER, normalized: NUMBER, weighted: NUMBER },
};
const RESULT: DefinitionSchema = {
  p: {
    node: STRING,
    feasible: { t: 'boolean' },
    refusedBy: STRING,
    reasons: STRINGS,
    resolvable: { t: 'boolean' },
    scores: { t: 'array', i: { r: SCORE } },
    total: NUMBER,
  },
};
const SCORER: DefinitionSchema = { p: { name: STRING, weight: NUMBER } };
const SCHEMA: DefinitionSchema = {
  p: {
    apiVersion: STRING,
    kind: STRING,
    metadata: { r: 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta', s: 1 },
    scheduler: STRING,
    profile: STRING,
    attempt: NUMBER,
    time: { t: 'time' },
    node: STRING,
    message: STRING,
    nodes: { r: { p: { all: NUMBER, evaluated: NUMBER, feasible: NUMBER } } },
    plugins: { r: { p: { filter: STRINGS, score: { t: 'array', i: { r: SCORER } } } } },
    tie: STRINGS,
    preemption: { r: { p: { message: STRING, nominatedNode: STRING, victims: STRINGS } } },
    results: { t: 'array', i: { r: RESULT } },
  },
};
