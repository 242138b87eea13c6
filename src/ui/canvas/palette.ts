/**
 * Colours for what is painted and not styled (the token layer, the fleet grid): read from the custom
 * properties of an element, so that themes and forced colours hold there too.
 */
import type { CellState } from './glyph.ts';
import { HUES, type Hue } from './looks.ts';

export interface Palette {
  hue(name: Hue | '--danger'): string;
  glyph(state: CellState): string;
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
  const glyphs = new Map(Object.entries(GLYPH_COLOURS).map(([k, name]) => [k, read(name)]));
  const text = read('--text');
  const palette: Palette = {
    hue: (name) => hues.get(name) ?? text,
    glyph: (state) => glyphs.get(state) ?? text,
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
