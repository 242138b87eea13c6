/**
 * The manifest editor: files as tabs, their text, Apply and Diff, the problems found.
 *
 * The text field is there at once; Monaco, with completion and help from the Kubernetes schema, takes
 * its place when it has been loaded. Nothing one can do waits for it.
 */
import { type DragEvent, lazy, Suspense, useEffect, useState } from 'react';
import type { Problem } from '../../port/protocol.ts';
import { useText } from '../i18n/text.ts';
import { Button } from '../kit/button.tsx';
import { classNames } from '../kit/class-names.ts';
import { reason } from '../session/actions.ts';
import { activeFile, useFiles } from '../session/files.ts';
import { openLocalFiles } from '../session/file-acts.ts';
import { ApplyBar, type DiffView } from './apply-bar.tsx';
import './editor.css';
import { FileTabs } from './file-tabs.tsx';
import type { Monaco } from './monaco.ts';
import { PlainEditor } from './plain-editor.tsx';
import { ProblemList } from './problem-list.tsx';
import { mergeProblems } from './problems.ts';
import { CHECKED_LIMIT_CHARS } from './take-text.ts';
import { editorText } from './text.ts';

const CodeEditorView = lazy(() =>
  import('./code-editor.tsx').then((m) => ({ default: m.CodeEditorView })),
);

const NO_PROBLEMS: readonly Problem[] = [];

export function EditorPane() {
  const t = useText(editorText);
  const file = useFiles(activeFile);
  const engineProblems = useFiles((s) => s.problems[s.active] ?? NO_PROBLEMS);
  const [schemaProblems, setSchemaProblems] = useState(NO_PROBLEMS);
  const [diff, setDiff] = useState<DiffView | null>(null);
  const [dropping, setDropping] = useState(false);
  const { monaco, failure } = useMonaco();
  const shownDiff = diff !== null && diff.file === file?.name ? diff : null;
  return (
    <section
      className={classNames('ed', dropping && 'is-dropping')}
      aria-label={t.region}
      onDragOver={(event) => {
        if (!holdsFiles(event)) return;
        event.preventDefault();
        setDropping(true);
      }}
      onDragLeave={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setDropping(false);
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
        ) : monaco === null ? (
          <PlainEditor file={file} />
        ) : (
          <Suspense fallback={<PlainEditor file={file} />}>
            <CodeEditorView
              monaco={monaco}
              file={file}
              problems={engineProblems}
              onSchemaProblems={setSchemaProblems}
            />
          </Suspense>
        )}
        {shownDiff === null ? null : <Diff diff={shownDiff} onClose={() => setDiff(null)} />}
      </div>
      {failure === '' ? null : <p className="ed-note">{t.editorFailed(failure)}</p>}
      {(file?.text.length ?? 0) > CHECKED_LIMIT_CHARS ? (
        <p className="ed-note">{t.plainNow}</p>
      ) : null}
      <ProblemList
        file={file?.name ?? ''}
        problems={mergeProblems(engineProblems, monaco === null ? NO_PROBLEMS : schemaProblems)}
      />
      <ApplyBar file={file} onDiff={setDiff} />
      {dropping ? <p className="ed-drop">{t.dropHere}</p> : null}
    </section>
  );
}

function holdsFiles(event: DragEvent): boolean {
  return event.dataTransfer.types.includes('Files');
}

/** Loaded when the page has nothing better to do: the first picture and Apply come before it. */
function useMonaco(): { monaco: Monaco | null; failure: string } {
  const [monaco, setMonaco] = useState<{ readonly it: Monaco } | null>(null);
  const [failure, setFailure] = useState('');
  useEffect(() => {
    let gone = false;
    const load = (): void => {
      import('./monaco.ts').then(
        (module) => {
          if (!gone) setMonaco({ it: module.prepareMonaco() });
        },
        (error: unknown) => {
          if (!gone) setFailure(reason(error));
        },
      );
    };
    const cancel = whenIdle(load);
    return () => {
      gone = true;
      cancel();
    };
  }, []);
  return { monaco: monaco?.it ?? null, failure };
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
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable
        <pre className="code" tabIndex={0}>
          {lines.map((line, i) => (
            // Lines have no other identity than their place.
            // biome-ignore lint/suspicious/noArrayIndexKey: see above
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
