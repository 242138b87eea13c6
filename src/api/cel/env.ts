/**
 * What an expression may refer to, and what compiling and running one answer.
 *
 * Models: cel-go cel.Env and cel.Program, k8s.io/apiserver pkg/cel/environment
 */
import type { CelType } from './types.ts';
import type { CelValue } from './values.ts';
import type { Expr } from './ast.ts';

export interface CelEnv {
  /** Variables by name; a name may be qualified (`authorizer.requestResource`). */
  readonly variables: Readonly<Record<string, CelType>>;
  /** Types that an expression may construct (`Object.spec{…}`), by full name. */
  readonly structs?: (name: string) => CelType | undefined;
  /** Has jsonpatch.escapeKey(): expressions of mutating policies. */
  readonly jsonPatch?: boolean;
  /** Has cel.bind(): selectors of devices. */
  readonly bind?: boolean;
}

/** One error of the parser or the type checker. */
export interface CelIssue {
  /** 1-based. */
  readonly line: number;
  /** 0-based, in code points. */
  readonly column: number;
  readonly message: string;
}

export interface CelIssues {
  readonly kind: 'issues';
  readonly issues: readonly CelIssue[];
  /** All of them as Kubernetes prints them: `ERROR: <input>:1:1: …` with source line and caret. */
  readonly text: string;
}

export interface CelProgram {
  readonly kind: 'program';
  readonly source: string;
  /** Type of the result. */
  readonly type: CelType;
  /** Variables of the environment that the expression reads. */
  readonly references: ReadonlySet<string>;
  /** Worst-case cost; sizes are those that |root|, the type of `self`, allows. */
  estimate(root?: CelType): CelCostRange;
  readonly run: (bindings: CelBindings, budget: CelBudget) => CelValue;
  readonly ast: Expr;
}

export interface CelCostRange {
  readonly min: number;
  /** 2^64 where upstream saturates at the largest uint64. */
  readonly max: number;
}

/** Value of a variable, or what answers it when it is first read (undefined: no such variable). */
export type CelBindings = (name: string) => CelValue | undefined;

export interface CelBudget {
  /** Cost at which a single evaluation is cancelled (PerCallLimit). */
  readonly perCall: number;
  /** Cost so far; the evaluation adds to it. */
  spent: number;
}

/** What an evaluation answers. |cost| counts in both cases. */
export type CelOutcome =
  | { readonly value: CelValue; readonly error?: undefined; readonly cost: number }
  | { readonly value?: undefined; readonly error: string; readonly cost: number };

/** k8s.io/apiserver pkg/apis/cel/config.go */
export const PER_CALL_LIMIT = 1_000_000;
export const RUNTIME_BUDGET = 10_000_000;
