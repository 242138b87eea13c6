/**
 * The keyboard: which key does what. Single keys act only outside inputs and can be switched off;
 * keys with Ctrl or Cmd always act.
 */
import type { keysText } from './i18n/shell.ts';
import {
  applyActive,
  backToNow,
  seek,
  showStep,
  step,
  stepBack,
  togglePlay,
} from './session/actions.ts';
import { railOf } from './mirror/use-rail.ts';
import { mirror } from './mirror/store.ts';
import {
  type ActivityTab,
  clearSelection,
  closePod,
  openPod,
  selectedRef,
  session,
} from './session/session.ts';

export type KeyWord = keyof (typeof keysText)['en'];

export interface KeyHelp {
  readonly keys: readonly string[];
  readonly does: KeyWord;
}

export const KEY_HELP: readonly KeyHelp[] = [
  { keys: ['Space'], does: 'playPause' },
  { keys: ['→'], does: 'step' },
  { keys: ['Shift + →'], does: 'stepEvent' },
  { keys: ['←'], does: 'stepBack' },
  { keys: ['Shift + ←'], does: 'stepBackEvent' },
  { keys: ['Home'], does: 'start' },
  { keys: ['End'], does: 'now' },
  { keys: ['1', '…', '0'], does: 'jump' },
  { keys: ['a', 'Ctrl + Enter'], does: 'apply' },
  { keys: ['/', 'Ctrl + K'], does: 'search' },
  { keys: ['t'], does: 'terminal' },
  { keys: ['o'], does: 'openPod' },
  { keys: ['g', '…'], does: 'goTo' },
  { keys: ['Esc'], does: 'out' },
  { keys: ['PageDown'], does: 'clickerNext' },
  { keys: ['PageUp'], does: 'clickerBack' },
  { keys: ['.', 'b'], does: 'clickerPause' },
  { keys: ['?'], does: 'help' },
];

/** After `g` the second key is waited for this long, in milliseconds. */
const SEQUENCE_MS = 1_500;

/** Where `g` and a letter lead: an element, and the tab that must be open for it. */
const PLACES: Readonly<Record<string, { readonly id: string; readonly tab?: ActivityTab }>> = {
  e: { id: 'pane-editor' },
  c: { id: 'pane-cluster' },
  i: { id: 'pane-inspector' },
  t: { id: 'pane-activity', tab: 'terminal' },
  r: { id: 'pane-activity', tab: 'requests' },
  v: { id: 'pane-activity', tab: 'events' },
  s: { id: 'pane-activity', tab: 'scheduler' },
  l: { id: 'pane-log' },
  w: { id: 'pane-lanes' },
};

const SINGLE: Readonly<Record<string, (shift: boolean) => unknown>> = {
  ' ': togglePlay,
  '.': togglePlay,
  b: togglePlay,
  ArrowRight: (shift) => step(shift ? 'event' : 'step'),
  ArrowLeft: (shift) => stepBack(shift ? 'event' : 'step'),
  PageDown: () => step('step'),
  PageUp: () => stepBack('step'),
  Home: () => seek(mirror.getState().oldestAt),
  End: backToNow,
  a: applyActive,
  '/': openFind,
  t: () => goTo('t'),
  o: openSelected,
  '?': () => session.setState({ shortcutsOpen: true }),
};

let sequenceEnds = 0;

/** Listens on the whole document; returns how to end it. */
export function listenToKeys(): () => void {
  const press = (event: KeyboardEvent): void => {
    if (!event.defaultPrevented && act(event)) event.preventDefault();
  };
  document.addEventListener('keydown', press);
  return () => document.removeEventListener('keydown', press);
}

function act(event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.metaKey) return actWithControl(event);
  if (event.altKey || event.isComposing) return false;
  if (event.key === 'Escape') return goOut(event);
  if (!session.getState().singleKeys || isOccupied(event)) return false;
  if (event.timeStamp < sequenceEnds) {
    sequenceEnds = 0;
    return goTo(event.key);
  }
  if (event.key === 'g') {
    sequenceEnds = event.timeStamp + SEQUENCE_MS;
    return true;
  }
  if (/^\d$/.test(event.key)) return jump(event.key === '0' ? 10 : Number(event.key));
  const single = SINGLE[event.key];
  if (single === undefined) return false;
  void single(event.shiftKey);
  return true;
}

function actWithControl(event: KeyboardEvent): boolean {
  if (event.key === 'Enter') {
    void applyActive();
    return true;
  }
  if (event.key.toLowerCase() !== 'k') return false;
  openFind();
  return true;
}

/** Escape leaves a text field or a dialog first, then what is selected, then the presenter's view. */
function goOut(event: KeyboardEvent): boolean {
  const { target } = event;
  if (isTyping(target)) return false;
  if (target instanceof HTMLElement && target.closest('dialog, [role=menu]') !== null) return false;
  const { selection, presenting, openPod: opened } = session.getState();
  if (opened !== null) closePod();
  else if (selection !== null) clearSelection();
  else if (presenting) session.setState({ presenting: false });
  else return false;
  return true;
}

function openFind(): void {
  session.setState({ findOpen: true });
}

function openSelected(): void {
  const ref = selectedRef(session.getState());
  if (ref?.startsWith('Pod/') === true) openPod(ref);
}

function jump(number: number): boolean {
  const item = railOf(mirror.getState()).find((s) => s.step === number);
  if (item !== undefined) void showStep(item);
  return true;
}

function goTo(key: string): boolean {
  const place = PLACES[key];
  if (place === undefined) return false;
  if (place.tab !== undefined) session.setState({ activityTab: place.tab });
  const element = document.getElementById(place.id);
  // The tab may be drawn only after this turn.
  setTimeout(() => {
    const inside = element?.querySelector<HTMLElement>(
      'textarea, .inputarea, [role=tab][aria-selected=true], [tabindex="0"], button',
    );
    (inside ?? element)?.focus();
  });
  return true;
}

/** The key belongs to what has the focus. */
function isOccupied(event: KeyboardEvent): boolean {
  const { target, key } = event;
  if (isTyping(target)) return true;
  if (!(target instanceof HTMLElement)) return false;
  if (target.closest('dialog, [role=menu]') !== null) return true;
  // Space and Enter press the button that has the focus; arrows move in what is made of several.
  if (key === ' ' && target.closest('button, summary, a, select') !== null) return true;
  const moves = /^(Arrow|Page|Home|End)/.test(key);
  const composed = '[role=tablist], [role=radiogroup], [role=slider], [role=separator]';
  if (moves && target.closest(`${composed}, [role=tabpanel], .virtual`) !== null) {
    return true;
  }
  return false;
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || target.closest('input, textarea, select, .monaco-editor') !== null)
  );
}
