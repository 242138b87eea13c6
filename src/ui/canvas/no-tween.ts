/**
 * Stands in for d3-transition and d3-interpolate in the built page (see the aliases in
 * vite.config.ts): a change of the canvas's viewport is a cut, not a movement, so the code that
 * draws movements over time stays out of the page. React Flow reaches it through d3-zoom.
 */
import { selection } from 'd3-selection';

type Handler = (this: Element, ...args: unknown[]) => void;

interface Subject {
  each(act: (this: Element) => void): unknown;
}

/** A transition that takes no time: the end is reached as soon as it is known. */
class Cut {
  readonly #subject: Subject;
  readonly #handlers: { readonly type: string; readonly run: Handler }[] = [];

  constructor(subject: Subject) {
    this.#subject = subject;
  }

  selection(): Subject {
    return this.#subject;
  }

  duration(): this {
    return this;
  }

  ease(): this {
    return this;
  }

  /** |names| as d3 takes them: `interrupt.zoom end.zoom`. */
  on(names: string, run: Handler): this {
    for (const name of names.split(' '))
      this.#handlers.push({ type: name.split('.')[0] ?? '', run });
    return this;
  }

  call(act: (cut: this, ...args: unknown[]) => void, ...args: unknown[]): this {
    act(this, ...args);
    return this;
  }

  /** |make| gives the function that draws a share of the way; only the whole way is drawn. */
  tween(_name: string, make: (this: Element) => (share: number) => void): this {
    const handlers = this.#handlers;
    this.#subject.each(function each(this: Element) {
      for (const { type, run } of handlers) if (type === 'start') run.call(this);
      make.call(this)(1);
      for (const { type, run } of handlers) if (type === 'end') run.call(this);
    });
    return this;
  }
}

selection.prototype['transition'] = function transition(this: Subject): Cut {
  return new Cut(this);
};

selection.prototype['interrupt'] = function interruptAll(this: unknown): unknown {
  return this;
};

/** d3-transition: there is never anything to interrupt. */
export function interrupt(): void {}

/** d3-interpolate: the whole way at once. */
export function interpolate<T>(_from: T, to: T): () => T {
  return () => to;
}

export const interpolateZoom = interpolate;
