/** Many runs of chaos; one that fails is made smaller. */
import fc from 'fast-check';
import { type Plan, plans } from './plan.ts';
import { runPlan } from './run.ts';

/** One of so many runs is played twice, on frozen objects the second time, and must be the same. */
const PLAYED_TWICE = 10;
/** Making a failure smaller runs it again and again. */
const SHRINK_MS = 120_000;

export interface ChaosOptions {
  readonly count: number;
  readonly seed: number;
  /** Of a failure that was printed. */
  readonly path?: string;
  readonly onRun?: () => void;
}

export interface ChaosFailure {
  readonly message: string;
  readonly seed: number;
  readonly path: string;
}

export function chaos({ count, seed, path, onRun }: ChaosOptions): ChaosFailure | undefined {
  const property = fc.property(plans, (plan) => {
    onRun?.();
    check(plan);
  });
  const shrinkUntil = { interruptAfterTimeLimit: SHRINK_MS + count * MS_PER_RUN };
  const result = fc.check(property, {
    numRuns: count,
    seed,
    ...shrinkUntil,
    ...(path === undefined ? {} : { path }),
  });
  if (!result.failed || !result.counterexample) return undefined;
  const error = result.errorInstance;
  const said = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return {
    message: `${JSON.stringify(result.counterexample[0])}\n${said}`,
    seed: result.seed,
    path: result.counterexamplePath ?? '',
  };
}

/** An allowance: a run takes about a fifth of it. */
const MS_PER_RUN = 1_500;

function check(plan: Plan): void {
  const { problems, hash } = runPlan(plan);
  if (problems.length > 0) throw new Error(problems.join('\n'));
  if (plan.seed % PLAYED_TWICE !== 0) return;
  const again = runPlan(plan, true).hash;
  if (again !== hash)
    throw new Error(`played again, the run is another one: ${hash}, then ${again}`);
}
