/**
 * Colours for what is painted and not styled (the token layer, the fleet grid): read from the custom
 * properties of an element, so that themes and forced colours hold there too.
 */
import type { CellState } from './glyph.ts';
import { HUES, type Hue } from './looks.ts';

export interface Palette {
  hue(name: Hue | '--danger'): string;
  /** As the four bytes of a pixel. */
  pixel(state: CellState): number;
  readonly panel: string;
  readonly text: string;
  readonly line: string;
  readonly font: string;
}

const GLYPH_COLOURS: Readonly<Record<CellState, string>> = {
  failed: '--danger',
  backoff: '--warn',
  unknown: '--faint',
  waiting: '--line2',
  starting: '--kind-service',
  unready: '--kind-service',
  running: '--kind-pod',
  completed: '--kind-node',
  empty: '--raise',
};

let cached: { readonly key: string; readonly palette: Palette } | null = null;

/** Cheap to call often: styles are read again only when the theme has changed. */
export function readPalette(element: Element): Palette {
  const key = `${document.documentElement.dataset['theme'] ?? ''}|${forced()}|${document.documentElement.dataset['present'] ?? ''}`;
  if (cached !== null && cached.key === key) return cached.palette;
  const style = getComputedStyle(element);
  const read = (name: string): string => style.getPropertyValue(name).trim() || 'currentColor';
  const hues = new Map<string, string>([...HUES, '--danger'].map((name) => [name, read(name)]));
  const pixels = new Map(
    Object.entries(GLYPH_COLOURS).map(([k, name]) => [k, bytesOf(read(name))]),
  );
  const text = read('--text');
  const palette: Palette = {
    hue: (name) => hues.get(name) ?? text,
    pixel: (state) => pixels.get(state) ?? 0,
    panel: read('--panel'),
    text,
    line: read('--line2'),
    font: `500 ${document.documentElement.dataset['present'] === undefined ? 12 : 15}px ${read('--mono')}`,
  };
  cached = { key, palette };
  return palette;
}

function forced(): boolean {
  return typeof matchMedia === 'function' && matchMedia('(forced-colors: active)').matches;
}

/** Any CSS colour as a pixel; the browser does the reading. */
function bytesOf(colour: string): number {
  const context = new OffscreenCanvas(1, 1).getContext('2d');
  if (context === null) return 0;
  context.fillStyle = colour;
  context.fillRect(0, 0, 1, 1);
  return new Uint32Array(context.getImageData(0, 0, 1, 1).data.buffer)[0] ?? 0;
}
