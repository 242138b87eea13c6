/**
 * The tokens, painted on one canvas over the graph. Drawn only while something moves; at rest the
 * layer is empty and costs nothing. People who asked for less motion, and paces too fast to follow,
 * get lit wires with counts instead.
 */
import { useStoreApi } from '@xyflow/react';
import { useEffect, useRef } from 'react';
import { clockMoves, shownTime } from '../mirror/clock.ts';
import { mirror } from '../mirror/store.ts';
import { session } from '../session/session.ts';
import { currentTempo, holdOf } from './activity.ts';
import type { Layout } from './layout.ts';
import { paintTokens } from './paint.ts';
import { readPalette } from './palette.ts';
import { makeRoutes, type Routes } from './routes.ts';
import { type Flight, flightsAt, stillTokens, tokensAt, type Token } from './tokens.ts';

/** Spans before the shown moment that may still be in flight. */
const LOOK_BACK_SPANS = 2_500;
/** Sharper than this the eye does not see, and it costs four times the paint. */
const MAX_PIXEL_RATIO = 2;

export function TokenLayer({ layout }: { readonly layout: Layout }) {
  const element = useRef<HTMLCanvasElement>(null);
  const flow = useStoreApi();
  useEffect(() => {
    const canvas = element.current;
    if (canvas === null) return;
    const painter = new Painter(canvas, () => flow.getState().transform, makeRoutes(layout));
    const wake = (): void => painter.wake();
    const stops = [
      mirror.subscribe((state, before) => {
        if (state.version !== before.version) painter.wakeForFrame();
      }),
      session.subscribe(wake),
      flow.subscribe(wake),
    ];
    const sizes = new ResizeObserver(wake);
    sizes.observe(canvas);
    const themes = new MutationObserver(wake);
    themes.observe(document.documentElement, { attributes: true });
    painter.wakeForFrame();
    return () => {
      for (const stop of stops) stop();
      sizes.disconnect();
      themes.disconnect();
      painter.stop();
    };
  }, [flow, layout]);
  return <canvas ref={element} className="kg-tokens" aria-hidden="true" />;
}

type Transform = readonly [x: number, y: number, zoom: number];

class Painter {
  readonly #canvas: HTMLCanvasElement;
  readonly #transform: () => Transform;
  readonly #routes: Routes;
  readonly #calm = matchMedia('(prefers-reduced-motion: reduce)');
  #request = 0;
  #flights: readonly Flight[] = [];
  #stale = true;
  /** Nothing is on the canvas; at first it may hold what was drawn for another layout. */
  #blank = false;

  constructor(canvas: HTMLCanvasElement, transform: () => Transform, routes: Routes) {
    this.#canvas = canvas;
    this.#transform = transform;
    this.#routes = routes;
  }

  /** Something that is drawn has changed. */
  wake(): void {
    if (this.#request === 0) this.#request = requestAnimationFrame(this.#draw);
  }

  /** New spans are there. */
  wakeForFrame(): void {
    this.#stale = true;
    this.wake();
  }

  stop(): void {
    cancelAnimationFrame(this.#request);
    this.#request = 0;
  }

  #draw = (wallMs: number): void => {
    this.#request = 0;
    const { blur } = currentTempo();
    const still = blur || this.#calm.matches;
    const state = mirror.getState();
    const t = still ? state.at : shownTime(wallMs);
    if (this.#stale) {
      // For all moments until the next frame: the clock runs up to |state.at|.
      const from = Math.min(t, state.at);
      this.#flights = flightsAt(state.spans.all, from, state.at, holdOf, LOOK_BACK_SPANS);
      this.#stale = false;
    }
    const place = still ? stillTokens : tokensAt;
    this.#paint(place(this.#flights, t, this.#routes));
    // Where nothing is under way there is nothing to move until the next frame says otherwise.
    if (this.#flights.length > 0 && !still && clockMoves(wallMs)) this.wake();
  };

  #paint(tokens: readonly Token[]): void {
    if (tokens.length === 0 && this.#blank) return;
    const canvas = this.#canvas;
    const ratio = Math.min(devicePixelRatio, MAX_PIXEL_RATIO);
    const width = Math.round(canvas.clientWidth * ratio);
    const height = Math.round(canvas.clientHeight * ratio);
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width;
      canvas.height = height;
    }
    const context = canvas.getContext('2d');
    if (context === null) return;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, width, height);
    this.#blank = tokens.length === 0;
    if (this.#blank) return;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const view = { transform: this.#transform(), width: canvas.clientWidth, routes: this.#routes };
    paintTokens(context, tokens, view, readPalette(canvas));
  }
}
