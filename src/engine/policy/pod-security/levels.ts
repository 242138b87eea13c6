/**
 * Levels of Pod security: what a namespace's labels ask for, and whether a Pod lives up to it.
 *
 * Models: k8s.io/pod-security-admission api helpers.go, policy registry.go (v1.36)
 */
import type { ObjectMeta, PodSpec } from '../../../api/generated/types.ts';
import { FieldErrors } from '../../../api/meta/field-errors.ts';
import { FieldPath } from '../../../api/meta/field-path.ts';
import { compareText } from '../../../api/meta/go-text.ts';
import { baselineChecks } from './baseline.ts';
import type { Check, CheckPod, Violation } from './check.ts';
import { restrictedChecks } from './restricted.ts';

const LEVELS = ['privileged', 'baseline', 'restricted'] as const; // from open to closed
const PREFIX = 'pod-security.kubernetes.io/';
const VERSION = /^v1\.([0-9]|[1-9][0-9]*)$/;

export type Level = (typeof LEVELS)[number];

export interface LevelVersion {
  readonly level: Level;
  /** `latest` or `v1.x`. */
  readonly version: string;
}

export interface Policy {
  readonly enforce: LevelVersion;
  readonly audit: LevelVersion;
  readonly warn: LevelVersion;
}

export interface LabelledPolicy {
  readonly policy: Policy;
  /** What is wrong with the labels. */
  readonly errors: FieldErrors;
}

const OPEN: LevelVersion = { level: 'privileged', version: 'latest' };
const DEFAULT_POLICY: Policy = { enforce: OPEN, audit: OPEN, warn: OPEN };

export function compareLevels(a: Level, b: Level): number {
  return LEVELS.indexOf(a) - LEVELS.indexOf(b);
}

export function levelText({ level, version }: LevelVersion): string {
  return `${level}:${version}`;
}

export function isFullyPrivileged({ enforce, audit, warn }: Policy): boolean {
  return [enforce, audit, warn].every(({ level }) => level === 'privileged');
}

/** Upstream PolicyToEvaluate. A wrong level counts as restricted for enforcing, else as privileged. */
export function policyOf(labels: Readonly<Record<string, string>> | undefined): LabelledPolicy {
  const errors = new FieldErrors();
  if (labels === undefined) return { policy: DEFAULT_POLICY, errors };
  const read = (mode: keyof Policy): LevelVersion => {
    let { level, version }: LevelVersion = OPEN;
    const levelLabel = PREFIX + mode;
    const wanted = labels[levelLabel];
    if (wanted !== undefined) {
      const known = LEVELS.find((l) => l === wanted);
      if (known === undefined) complain(errors, levelLabel, wanted, LEVEL_ERROR);
      level = known ?? (mode === 'enforce' ? 'restricted' : 'privileged');
    }
    const versionLabel = `${levelLabel}-version`;
    const asked = labels[versionLabel];
    if (asked !== undefined) {
      if (asked === 'latest' || VERSION.test(asked)) version = asked;
      else complain(errors, versionLabel, asked, 'must be "latest" or "v1.x"');
    }
    return { level, version };
  };
  const enforce = read('enforce');
  const audit = read('audit');
  let warn = read('warn');
  const isEnforceValid = LEVELS.some((l) => l === labels[`${PREFIX}enforce`]);
  const saysWarn = labels[`${PREFIX}warn`] !== undefined;
  if (!saysWarn && isEnforceValid && compareLevels(enforce.level, warn.level) > 0) {
    const saysVersion = labels[`${PREFIX}warn-version`] !== undefined;
    warn = { level: enforce.level, version: saysVersion ? warn.version : enforce.version };
  }
  return { policy: { enforce, audit, warn }, errors };
}

const LEVEL_ERROR = `must be one of ${LEVELS.join(', ')}`;

function complain(errors: FieldErrors, label: string, value: string, text: string): void {
  errors.invalid(FieldPath.of('metadata.labels').key(label), value, text);
}

type Version = Check['versions'][number];

/** Checks by level and minor version. */
const selected = new Map<string, readonly CheckPod[]>();

/** The last version in which any check has changed: later ones are like it. */
const NEWEST = Math.max(
  ...[...baselineChecks, ...restrictedChecks].flatMap((c) => c.versions.map((v) => v.from)),
);

function inVersion(checks: readonly Check[], minor: number): readonly (Version & { id: string })[] {
  return [...checks]
    .sort((a, b) => compareText(a.id, b.id))
    .flatMap(({ id, versions }) => {
      const version = versions.filter((v) => v.from <= minor).at(-1);
      return version === undefined ? [] : [{ ...version, id }];
    });
}

function select(level: Level, minor: number): readonly CheckPod[] {
  const key = `${level}:${minor}`;
  let checks = selected.get(key);
  if (checks === undefined) {
    const baseline = inVersion(baselineChecks, minor);
    const restricted = level === 'restricted' ? inVersion(restrictedChecks, minor) : [];
    const overridden = new Set(restricted.flatMap((c) => c.overrides ?? []));
    const all = [...baseline.filter(({ id }) => !overridden.has(id)), ...restricted];
    selected.set(key, (checks = all.map((c) => c.run)));
  }
  return checks;
}

/** Everything in which a Pod falls short of |wanted|; empty = it is allowed. */
export function violations(
  { level, version }: LevelVersion,
  metadata: ObjectMeta,
  spec: PodSpec,
): readonly Violation[] {
  if (level === 'privileged') return [];
  const minor = version === 'latest' ? NEWEST : Number(version.slice('v1.'.length));
  return select(level, Math.min(minor, NEWEST)).flatMap((run) => run(metadata, spec) ?? []);
}

export function detailText(found: readonly Violation[]): string {
  return found.map(({ reason, detail }) => `${reason}${detail && ` (${detail})`}`).join(', ');
}

export function reasonText(found: readonly Violation[]): string {
  return found.map(({ reason }) => reason).join(', ');
}
