/**
 * Monaco over the files store: one editor, a model for each file (so each keeps its undo and its
 * place). The store is the truth; the model follows it, and tells it what is typed.
 */
import { useEffect, useRef, useState } from 'react';
import type { Problem } from '../../port/protocol.ts';
import { useText } from '../i18n/text.ts';
import { applyActive } from '../session/actions.ts';
import { clearReveal, files, type ManifestFile, useFiles } from '../session/files.ts';
import { session } from '../session/session.ts';
import type { CodeEditor, Monaco, TextModel } from './monaco.ts';
import { CHECKED_LIMIT_CHARS, takeText } from './take-text.ts';
import { editorText } from './text.ts';

interface CodeEditorProps {
  readonly monaco: Monaco;
  readonly file: ManifestFile;
  /** What the engine said about this file; shown as squiggles. */
  readonly problems: readonly Problem[];
  readonly onSchemaProblems: (problems: readonly Problem[]) => void;
}

const FOLDER = 'file:///manifests/';
const ENGINE_OWNER = 'kubeglass';

function uriText(name: string): string {
  const path = encodeURIComponent(name);
  return `${FOLDER}${path}${path.endsWith('.yaml') ? '' : '.yaml'}`;
}

export function CodeEditorView({ monaco, file, problems, onSchemaProblems }: CodeEditorProps) {
  const t = useText(editorText);
  const host = useRef<HTMLDivElement>(null);
  const [editor, setEditor] = useState<CodeEditor | null>(null);

  useEffect(() => {
    const element = host.current;
    if (element === null) return;
    const made = createEditor(monaco, element);
    setEditor(made);
    const theme = watchTheme(monaco);
    return () => {
      theme();
      setEditor(null);
      made.dispose();
      for (const model of manifestModels(monaco)) model.dispose();
    };
  }, [monaco]);

  useModel(monaco, editor, file);
  useMarkers(monaco, editor, file.name, problems, onSchemaProblems);
  useReveal(editor, file.name);
  useEffect(() => {
    editor?.updateOptions({ ariaLabel: t.textOf(file.name) });
  }, [editor, file.name, t]);
  return <div ref={host} className="ed-code" />;
}

function createEditor(monaco: Monaco, element: HTMLElement): CodeEditor {
  const editor = monaco.editor.create(element, {
    model: null,
    automaticLayout: true,
    theme: themeName(),
    fontFamily: getComputedStyle(document.documentElement).getPropertyValue('--mono'),
    fontSize: fontSize(),
    lineHeight: 1.6,
    tabSize: 2,
    insertSpaces: true,
    detectIndentation: false,
    minimap: { enabled: false },
    overviewRulerLanes: 0,
    scrollBeyondLastLine: false,
    lineNumbersMinChars: 3,
    lineDecorationsWidth: 6,
    glyphMargin: false,
    folding: true,
    padding: { top: 10, bottom: 10 },
    renderLineHighlight: 'line',
    quickSuggestions: { other: true, comments: false, strings: true },
    suggest: { showWords: false },
    wordBasedSuggestions: 'off',
    fixedOverflowWidgets: true,
    bracketPairColorization: { enabled: false },
    accessibilitySupport: 'auto',
    largeFileOptimizations: true,
  });
  editor.addCommand(monaco.KeyMod.CtrlCmd | monaco.KeyCode.Enter, () => void applyActive());
  // Tab indents here, so the keyboard needs another way out: to the buttons below.
  const leave = (): void =>
    element.closest('.ed')?.querySelector<HTMLElement>('.ed-apply button')?.focus();
  editor.addCommand(monaco.KeyCode.Escape, leave, NOTHING_TO_CLOSE);
  return editor;
}

/** When Escape has nothing else to do in Monaco, in its own words for its states. */
const NOTHING_TO_CLOSE = [
  'suggestWidgetVisible',
  'findWidgetVisible',
  'parameterHintsVisible',
  'markersNavigationVisible',
  'editorHoverVisible',
  'inSnippetMode',
  'editorHasSelection',
  'editorHasMultipleSelections',
]
  .map((state) => `!${state}`)
  .join(' && ');

function fontSize(): number {
  return document.documentElement.dataset['present'] === undefined ? 13 : 18;
}

function themeName(): string {
  const dark = document.documentElement.dataset['theme'] === 'dark';
  return dark ? 'kubeglass-dark' : 'kubeglass-light';
}

/** The page's theme stands on the document; it may come from the system. */
function watchTheme(monaco: Monaco): () => void {
  const observer = new MutationObserver(() => monaco.editor.setTheme(themeName()));
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
  return () => observer.disconnect();
}

/** Shows the model of |file|, keeps it and the store the same, drops models of closed files. */
function useModel(monaco: Monaco, editor: CodeEditor | null, file: ManifestFile): void {
  const { name, text } = file;
  useEffect(() => {
    if (editor === null) return;
    const model = modelOf(monaco, name);
    if (editor.getModel() !== model) editor.setModel(model);
    const listener = model.onDidChangeContent(() => {
      const value = model.getValue();
      // Taken back as a whole: half of a file that is too long is no use to anybody.
      if (!takeText(name, value)) void model.undo();
    });
    return () => listener.dispose();
  }, [monaco, editor, name]);
  useEffect(() => {
    const model = editor?.getModel();
    if (!model || model.uri.toString() !== monaco.Uri.parse(uriText(name)).toString()) return;
    if (model.getValue() === text) return;
    // Through an edit, so that undo goes back over it.
    model.pushEditOperations([], [{ range: model.getFullModelRange(), text }], () => null);
  }, [monaco, editor, name, text]);
  const names = useFiles((s) => s.files.map((f) => f.name).join('\n'));
  useEffect(() => {
    const open = new Set(names.split('\n').map((n) => monaco.Uri.parse(uriText(n)).toString()));
    for (const model of manifestModels(monaco)) {
      if (!open.has(model.uri.toString())) model.dispose();
    }
  }, [monaco, names]);
}

/** Programs have models of their own, which are none of this editor's. */
function manifestModels(monaco: Monaco): readonly TextModel[] {
  return monaco.editor.getModels().filter((m) => m.uri.toString().startsWith(FOLDER));
}

/** The model of a file; its text is followed by others, a new one begins with what the store has. */
function modelOf(monaco: Monaco, name: string): TextModel {
  const text = files.getState().files.find((file) => file.name === name)?.text ?? '';
  const uri = monaco.Uri.parse(uriText(name));
  const language = text.length > CHECKED_LIMIT_CHARS ? 'plaintext' : 'yaml';
  const known = monaco.editor.getModel(uri);
  if (known === null) return monaco.editor.createModel(text, language, uri);
  if (known.getLanguageId() !== language) monaco.editor.setModelLanguage(known, language);
  return known;
}

/** The engine's problems go in as markers; the schema's markers come out as problems. */
function useMarkers(
  monaco: Monaco,
  editor: CodeEditor | null,
  name: string,
  problems: readonly Problem[],
  onSchemaProblems: (problems: readonly Problem[]) => void,
): void {
  useEffect(() => {
    const model = editor?.getModel();
    if (!model) return;
    const markers = problems.flatMap((p) => {
      if (p.line === undefined) return [];
      const line = Math.min(Math.max(p.line, 1), model.getLineCount());
      const column = Math.min(p.column ?? 1, model.getLineMaxColumn(line));
      const word = model.getWordAtPosition({ lineNumber: line, column });
      return {
        severity: monaco.MarkerSeverity[p.severity === 'error' ? 'Error' : 'Warning'],
        message: p.message,
        startLineNumber: line,
        startColumn: column,
        endLineNumber: line,
        endColumn: word?.endColumn ?? model.getLineMaxColumn(line),
      };
    });
    monaco.editor.setModelMarkers(model, ENGINE_OWNER, markers);
  }, [monaco, editor, name, problems]);
  useEffect(() => {
    const uri = monaco.Uri.parse(uriText(name));
    const read = (): void => {
      const markers = monaco.editor.getModelMarkers({ resource: uri });
      onSchemaProblems(
        markers
          .filter((m) => m.owner !== ENGINE_OWNER && m.severity >= monaco.MarkerSeverity.Warning)
          .map((m) => ({
            severity: m.severity === monaco.MarkerSeverity.Error ? 'error' : 'warning',
            message: m.message,
            line: m.startLineNumber,
            column: m.startColumn,
          })),
      );
    };
    read();
    const listener = monaco.editor.onDidChangeMarkers((changed) => {
      if (changed.some((u) => u.toString() === uri.toString())) read();
    });
    return () => listener.dispose();
  }, [monaco, name, onSchemaProblems]);
}

function useReveal(editor: CodeEditor | null, name: string): void {
  const reveal = useFiles((s) => s.reveal);
  const focusRequest = useFiles((s) => s.focusRequest);
  const firstRequest = useRef(files.getState().focusRequest);
  const presenting = useRef(session.getState().presenting);
  useEffect(() => {
    if (focusRequest !== firstRequest.current) editor?.focus();
  }, [editor, focusRequest]);
  useEffect(() => {
    if (editor === null || reveal === null || reveal.file !== name) return;
    const position = { lineNumber: reveal.line, column: reveal.column };
    editor.setPosition(position);
    editor.revealPositionInCenterIfOutsideViewport(position);
    editor.focus();
    clearReveal();
  }, [editor, reveal, name]);
  useEffect(
    () =>
      session.subscribe((state) => {
        if (state.presenting === presenting.current) return;
        presenting.current = state.presenting;
        editor?.updateOptions({ fontSize: fontSize() });
      }),
    [editor],
  );
}
