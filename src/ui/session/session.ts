/**
 * View state: what is selected, which panes are open and how large, theme, language. Nothing of the
 * cluster. What should outlive a reload is kept in localStorage.
 */
import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import { asRecord, oneOf, readStored, writeStored } from './stored.ts';

export const LANGUAGES = ['en', 'zh-CN'] as const;
export type Language = (typeof LANGUAGES)[number];
export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];
export const INSPECTOR_TABS = ['inspect', 'yaml', 'events', 'logs'] as const;
export type InspectorTab = (typeof INSPECTOR_TABS)[number];
export const ACTIVITY_TABS = ['terminal', 'requests', 'events', 'scheduler'] as const;
export type ActivityTab = (typeof ACTIVITY_TABS)[number];

export type Selection =
  /** `ref` is `Kind/namespace/name`; `container` when one container of the Pod is meant. */
  | { readonly type: 'object'; readonly ref: string; readonly container?: string }
  /** `name` as in `data-component`. */
  | { readonly type: 'component'; readonly name: string };

/** Sizes in CSS pixels, set by the splitters. */
export interface PaneSizes {
  readonly editor: number;
  readonly inspector: number;
  readonly drawer: number;
  readonly log: number;
  readonly lanes: number;
}

export interface SessionState {
  readonly selection: Selection | null;
  /** Span whose causes are shown instead of those of the selected object. */
  readonly whySpan: number | null;
  readonly inspectorTab: InspectorTab;
  readonly activityTab: ActivityTab;
  readonly theme: Theme;
  readonly language: Language;
  /** Single-key shortcuts act (outside inputs). */
  readonly singleKeys: boolean;
  readonly presenting: boolean;
  readonly sizes: PaneSizes;
  /** The reader has applied something once: the first-visit hint is over. */
  readonly hasApplied: boolean;
  readonly shortcutsOpen: boolean;
  readonly fidelityOpen: boolean;
  readonly findOpen: boolean;
  /** The place for own controllers. */
  readonly ownOpen: boolean;
  /** Pods of kube-system and the control plane's machines are drawn like all others. */
  readonly systemShown: boolean;
  /** Reference of the Pod whose inside is shown in place of the canvas. */
  readonly openPod: string | null;
}

/** A page of this width is what the shares below are measured on, in pixels. */
const REFERENCE_WIDTH_PX = 1_366;

/** Sizes for a window of |width| pixels that nobody has changed yet. */
export function defaultSizes(width: number): PaneSizes {
  const share = (part: number): number => Math.round(part * width);
  const roomy = width > REFERENCE_WIDTH_PX;
  return {
    editor: roomy ? 380 : 330,
    inspector: roomy ? 360 : 312,
    drawer: roomy ? 250 : 208,
    log: share(0.24),
    lanes: share(0.36),
  };
}

const STORE_KEY = 'session';

export const session = createStore<SessionState>(() => initialSession());

export function useSession<T>(selector: (state: SessionState) => T): T {
  return useStore(session, selector);
}

function initialSession(): SessionState {
  const stored = asRecord(readStored(STORE_KEY));
  return {
    selection: null,
    whySpan: null,
    inspectorTab: oneOf(stored['inspectorTab'], INSPECTOR_TABS, 'inspect'),
    activityTab: oneOf(stored['activityTab'], ACTIVITY_TABS, 'terminal'),
    theme: oneOf(stored['theme'], THEMES, 'system'),
    language: oneOf(stored['language'], LANGUAGES, browserLanguage()),
    singleKeys: stored['singleKeys'] !== false,
    presenting: false,
    sizes: storedSizes(stored['sizes']),
    hasApplied: stored['hasApplied'] === true,
    shortcutsOpen: false,
    fidelityOpen: false,
    findOpen: false,
    ownOpen: false,
    openPod: null,
    systemShown: false,
  };
}

function browserLanguage(): Language {
  const wanted = typeof navigator === 'undefined' ? 'en' : navigator.language;
  return wanted.toLowerCase().startsWith('zh') ? 'zh-CN' : 'en';
}

function storedSizes(value: unknown): PaneSizes {
  const stored = asRecord(value);
  const sizes = defaultSizes(typeof innerWidth === 'undefined' ? REFERENCE_WIDTH_PX : innerWidth);
  const size = (key: keyof PaneSizes): number => {
    const n = stored[key];
    return typeof n === 'number' && n >= 0 && n <= 4_000 ? n : sizes[key];
  };
  return {
    editor: size('editor'),
    inspector: size('inspector'),
    drawer: size('drawer'),
    log: size('log'),
    lanes: size('lanes'),
  };
}

/** What of the session is written to storage, and by which change. */
function lasting(state: SessionState): Readonly<Record<string, unknown>> {
  const { inspectorTab, activityTab, theme, language, singleKeys, sizes } = state;
  const { hasApplied } = state;
  return {
    inspectorTab,
    activityTab,
    theme,
    language,
    singleKeys,
    sizes,
    hasApplied,
  };
}

session.subscribe((state, before) => {
  const now = JSON.stringify(lasting(state));
  if (now !== JSON.stringify(lasting(before))) writeStored(STORE_KEY, lasting(state));
});

export function selectObject(ref: string, container?: string): void {
  const selection: Selection =
    container === undefined ? { type: 'object', ref } : { type: 'object', ref, container };
  session.setState({ selection, whySpan: null });
}

/** Shows the inside of a Pod; it stays selected when that is left again. */
export function openPod(ref: string): void {
  session.setState({ selection: { type: 'object', ref }, whySpan: null, openPod: ref });
}

export function closePod(): void {
  session.setState({ openPod: null });
}

export function selectComponent(name: string): void {
  session.setState({ selection: { type: 'component', name }, whySpan: null });
}

export function clearSelection(): void {
  session.setState({ selection: null, whySpan: null });
}

/** Shows in the inspector what caused the span |span|, beside the object it is about. */
export function explainSpan(span: number, ref: string): void {
  session.setState({
    selection: ref === '' ? session.getState().selection : { type: 'object', ref },
    whySpan: span,
    inspectorTab: 'inspect',
  });
}

/** The reference of the selected object, or null. */
export function selectedRef(state: SessionState): string | null {
  return state.selection?.type === 'object' ? state.selection.ref : null;
}
