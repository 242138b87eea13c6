/** The syntax tree of an awk program. */
import type { Regex } from '../regex.ts';

export type Expression =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'regex'; readonly regex: Regex }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'element'; readonly array: string; readonly index: readonly Expression[] }
  | { readonly kind: 'field'; readonly index: Expression }
  | {
      readonly kind: 'assign';
      readonly operator: string;
      readonly target: Target;
      readonly value: Expression;
    }
  | {
      readonly kind: 'step';
      readonly by: 1 | -1;
      readonly before: boolean;
      readonly target: Target;
    }
  | { readonly kind: 'unary'; readonly operator: '-' | '+' | '!'; readonly operand: Expression }
  | {
      readonly kind: 'binary';
      readonly operator: string;
      readonly left: Expression;
      readonly right: Expression;
    }
  | {
      readonly kind: 'conditional';
      readonly test: Expression;
      readonly then: Expression;
      readonly otherwise: Expression;
    }
  | { readonly kind: 'in'; readonly index: readonly Expression[]; readonly array: string }
  | { readonly kind: 'group'; readonly inner: Expression }
  | {
      readonly kind: 'call';
      readonly name: string;
      readonly builtin: boolean;
      readonly arguments: readonly Expression[];
    }
  | {
      readonly kind: 'getline';
      readonly source: 'main' | 'file' | 'command';
      readonly from: Expression | null;
      readonly target: Target | null;
    };

export type Target = Extract<Expression, { readonly kind: 'name' | 'element' | 'field' }>;

export interface Output {
  readonly operator: '>' | '>>' | '|';
  readonly to: Expression;
}

export type Statement =
  | { readonly kind: 'expression'; readonly expression: Expression }
  | {
      readonly kind: 'print';
      readonly formatted: boolean;
      readonly arguments: readonly Expression[];
      readonly output: Output | null;
    }
  | { readonly kind: 'block'; readonly body: readonly Statement[] }
  | {
      readonly kind: 'if';
      readonly test: Expression;
      readonly then: Statement;
      readonly otherwise: Statement | null;
    }
  | { readonly kind: 'while'; readonly test: Expression; readonly body: Statement }
  | { readonly kind: 'do'; readonly test: Expression; readonly body: Statement }
  | {
      readonly kind: 'for';
      readonly start: Statement | null;
      readonly test: Expression | null;
      readonly step: Statement | null;
      readonly body: Statement;
    }
  | {
      readonly kind: 'each';
      readonly name: string;
      readonly array: string;
      readonly body: Statement;
    }
  | {
      readonly kind: 'delete';
      readonly array: string;
      readonly index: readonly Expression[] | null;
    }
  | { readonly kind: 'leave'; readonly how: 'break' | 'continue' | 'next' | 'nextfile' }
  | { readonly kind: 'return' | 'exit'; readonly value: Expression | null };

export interface Rule {
  readonly pattern: Expression | 'BEGIN' | 'END' | null;
  /** The end of a range. */
  readonly until: Expression | null;
  /** Null prints the record. */
  readonly action: Statement | null;
}

export interface AwkFunction {
  readonly name: string;
  readonly parameters: readonly string[];
  body: Statement;
}

export interface AwkProgram {
  readonly rules: readonly Rule[];
  readonly functions: ReadonlyMap<string, AwkFunction>;
}

/** The text is no awk program. */
export class AwkSyntaxError extends Error {
  override readonly name = 'AwkSyntaxError';
}
