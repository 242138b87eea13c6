/**
 * The manifest editor: files as tabs, their text, Apply and Diff, the problems found.
 *
 * The text field is there at once; Monaco, with completion and help from the Kubernetes schema, takes
 * its place when it has been loaded. Nothing one can do waits for it.
 */
import { type DragEvent, useEffect, useState } from 'react';
import { flushSync } from 'react-dom';
import type { Problem } from '../../port/protocol.ts';
import { useText } from '../i18n/text.ts';
import { Button } from '../kit/button.tsx';
import { classNames } from '../kit/class-names.ts';
import { reason } from '../session/actions.ts';
import { activeFile, files, revealAt, useFiles } from '../session/files.ts';
import { openLocalFiles } from '../session/file-acts.ts';
import { ApplyBar, type DiffView } from './apply-bar.tsx';
import './editor.css';
import { FileTabs } from './file-tabs.tsx';
import type { CodeEditorView } from './code-editor.tsx';
import type { Monaco } from './monaco.ts';
import { PlainEditor } from './plain-editor.tsx';
import { ProblemList } from './problem-list.tsx';
import { mergeProblems } from './problems.ts';
import { CHECKED_LIMIT_CHARS, isTooLong } from './take-text.ts';
import { editorText } from './text.ts';

const NO_PROBLEMS: readonly Problem[] = [];

export function EditorPane() {
  const t = useText(editorText);
  const file = useFiles(activeFile);
  const engineProblems = useFiles((s) => s.problems[s.active] ?? NO_PROBLEMS);
  const [schemaProblems, setSchemaProblems] = useState(NO_PROBLEMS);
  const [diff, setDiff] = useState<DiffView | null>(null);
  const [dropping, setDropping] = useState(false);
  const { loaded, failure } = useMonaco();
  const shownDiff = diff !== null && diff.file === file?.name ? diff : null;
  return (
    <section
      className={classNames('ed', dropping && 'is-dropping')}
      aria-label={t.region}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || shownDiff === null) return;
        event.stopPropagation();
        setDiff(null);
      }}
      onDragOver={(event) => {
        if (!holdsFiles(event)) return;
        event.preventDefault();
        setDropping(true);
      }}
      onDragLeave={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setDropping(false);
      }}
      onPasteCapture={(event) => {
        // Refused before the editor takes it: that alone would take seconds.
        if (!isTooLong(event.clipboardData.getData('text/plain'))) return;
        event.preventDefault();
        event.stopPropagation();
      }}
      onDropCapture={(event) => {
        setDropping(false);
        if (!holdsFiles(event)) return;
        event.preventDefault();
        event.stopPropagation();
        void openLocalFiles([...event.dataTransfer.files]);
      }}
    >
      <FileTabs />
      <div className="ed-body">
        {file === undefined ? (
          <p className="ed-none dim">{t.noFile}</p>
        ) : loaded === null ? (
          <PlainEditor file={file} />
        ) : (
          <loaded.View
            monaco={loaded.monaco}
            file={file}
            problems={engineProblems}
            onSchemaProblems={setSchemaProblems}
          />
        )}
        {shownDiff === null ? null : <Diff diff={shownDiff} onClose={() => setDiff(null)} />}
      </div>
      {failure === '' ? null : <p className="ed-note">{t.editorFailed(failure)}</p>}
      {(file?.text.length ?? 0) > CHECKED_LIMIT_CHARS ? (
        <p className="ed-note">{t.plainNow}</p>
      ) : null}
      <ProblemList
        file={file?.name ?? ''}
        problems={mergeProblems(engineProblems, loaded === null ? NO_PROBLEMS : schemaProblems)}
      />
      <ApplyBar file={file} onDiff={setDiff} />
      {dropping ? <p className="ed-drop">{t.dropHere}</p> : null}
    </section>
  );
}

function holdsFiles(event: DragEvent): boolean {
  return event.dataTransfer.types.includes('Files');
}

interface Loaded {
  readonly monaco: Monaco;
  readonly View: typeof CodeEditorView;
}

/** Loaded when the page has nothing better to do: the first picture and Apply come before it. */
function useMonaco(): { loaded: Loaded | null; failure: string } {
  const [loaded, setLoaded] = useState<Loaded | null>(null);
  const [failure, setFailure] = useState('');
  useEffect(() => {
    let gone = false;
    const load = async (): Promise<void> => {
      try {
        const [{ prepareMonaco }, { CodeEditorView: View }] = await Promise.all([
          import('./monaco.ts'),
          import('./code-editor.tsx'),
        ]);
        if (gone) return;
        const place = typingPlace();
        const next = { monaco: prepareMonaco(), View };
        flushSync(() => setLoaded(next));
        if (place !== null) revealAt(place.file, place.line, place.column);
      } catch (error) {
        if (!gone) setFailure(reason(error));
      }
    };
    const cancel = whenIdle(() => void load());
    return () => {
      gone = true;
      cancel();
    };
  }, []);
  return { loaded, failure };
}

/** Where the reader types in the plain field, so as to type on there when Monaco takes over. */
function typingPlace(): { file: string; line: number; column: number } | null {
  const area = document.activeElement;
  if (!(area instanceof HTMLTextAreaElement) || !area.classList.contains('ed-plain')) return null;
  const before = area.value.slice(0, area.selectionEnd).split('\n');
  const column = (before[before.length - 1] ?? '').length + 1;
  return { file: files.getState().active, line: before.length, column };
}

/** Not later than this, however busy the page is, in milliseconds. */
const IDLE_TIMEOUT_MS = 2_500;
/** Where the browser cannot tell when it is idle. */
const FALLBACK_DELAY_MS = 600;

function whenIdle(act: () => void): () => void {
  if (typeof requestIdleCallback === 'function') {
    const id = requestIdleCallback(act, { timeout: IDLE_TIMEOUT_MS });
    return () => cancelIdleCallback(id);
  }
  const id = setTimeout(act, FALLBACK_DELAY_MS);
  return () => clearTimeout(id);
}

function Diff({ diff, onClose }: { readonly diff: DiffView; readonly onClose: () => void }) {
  const t = useText(editorText);
  const lines = diff.text === '' ? [] : diff.text.split('\n');
  return (
    <section className="ed-diff" aria-label={t.diff}>
      <div className="ed-diff-head">
        <span className="dim">{diff.file}</span>
        <Button look="ghost" onClick={onClose}>
          {t.closeDiff}
        </Button>
      </div>
      {lines.length === 0 ? (
        <p className="ed-none">{t.noDifference}</p>
      ) : (
        <pre className="code" tabIndex={0}>
          {lines.map((line, i) => (
            // Lines have no other identity than their place.
            <div key={i} data-sort={diffSort(line)}>
              {line === '' ? '\n' : line}
            </div>
          ))}
        </pre>
      )}
    </section>
  );
}

function diffSort(line: string): string {
  if (/^(\+\+\+|---|diff |@@)/.test(line)) return 'head';
  return line.startsWith('+') ? 'add' : line.startsWith('-') ? 'remove' : 'same';
}
