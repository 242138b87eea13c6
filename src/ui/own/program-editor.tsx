/**
 * Monaco for programs: TypeScript with the types of what a controller finds. Loaded when the place for
 * controllers is opened; a plain text field stands there until then.
 */
import { useEffect, useRef, useState } from 'react';
import type { Problem } from '../../port/protocol.ts';
import { useText } from '../i18n/text.ts';
import { ownText } from '../i18n/own.ts';
import type { CodeEditor, Monaco } from '../editor/monaco.ts';
import { changeProgram, type Program, programs, usePrograms } from './programs.ts';

interface ProgramEditorProps {
  readonly program: Program;
  readonly problems: readonly Problem[];
  readonly onStart: () => void;
}

const FOLDER = 'file:///controllers/';
const OWNER = 'kubeglass-own';

export function ProgramEditor(props: ProgramEditorProps) {
  const t = useText(ownText);
  const { monaco, failure } = useProgramMonaco();
  const { program } = props;
  return (
    <>
      <div className="own-body">
        {monaco === null ? (
          <textarea
            className="own-plain"
            aria-label={t.source}
            spellCheck={false}
            value={program.source}
            onChange={(event) => changeProgram({ source: event.target.value })}
          />
        ) : (
          <Code monaco={monaco} {...props} />
        )}
      </div>
      {failure === '' ? null : <p className="own-note">{t.editorFailed(failure)}</p>}
    </>
  );
}

function useProgramMonaco(): { monaco: Monaco | null; failure: string } {
  const [monaco, setMonaco] = useState<Monaco | null>(null);
  const [failure, setFailure] = useState('');
  useEffect(() => {
    let gone = false;
    const load = async (): Promise<void> => {
      try {
        const { prepareProgramMonaco } = await import('./program-monaco.ts');
        if (!gone) setMonaco(prepareProgramMonaco());
      } catch (error) {
        if (!gone) setFailure(error instanceof Error ? error.message : String(error));
      }
    };
    void load();
    return () => {
      gone = true;
    };
  }, []);
  return { monaco, failure };
}

function Code({ monaco, program, problems, onStart }: ProgramEditorProps & { monaco: Monaco }) {
  const t = useText(ownText);
  const host = useRef<HTMLDivElement>(null);
  const [editor, setEditor] = useState<CodeEditor | null>(null);
  const start = useRef(onStart);
  useEffect(() => {
    start.current = onStart;
  }, [onStart]);
  const place = usePrograms((s) => s.open);
  useEffect(() => {
    const element = host.current;
    if (element === null) return;
    const made = createEditor(monaco, element, () => start.current());
    setEditor(made);
    return () => {
      setEditor(null);
      made.dispose();
      for (const model of monaco.editor.getModels()) {
        if (model.uri.toString().startsWith(FOLDER)) model.dispose();
      }
    };
  }, [monaco]);
  useEffect(() => {
    editor?.updateOptions({ ariaLabel: t.source });
  }, [editor, t]);
  useModel(monaco, editor, program, place);
  useMarkers(monaco, editor, problems);
  useReveal(editor, place);
  return <div ref={host} className="own-code" />;
}

function createEditor(monaco: Monaco, element: HTMLElement, start: () => void): CodeEditor {
  const dark = document.documentElement.dataset['theme'] === 'dark';
  const editor = monaco.editor.create(element, {
    model: null,
    automaticLayout: true,
    theme: dark ? 'kubeglass-dark' : 'kubeglass-light',
    fontFamily: getComputedStyle(document.documentElement).getPropertyValue('--mono'),
    fontSize: 13,
    lineHeight: 1.6,
    tabSize: 2,
    insertSpaces: true,
    minimap: { enabled: false },
    overviewRulerLanes: 0,
    scrollBeyondLastLine: false,
    lineNumbersMinChars: 3,
    glyphMargin: false,
    padding: { top: 10, bottom: 10 },
    wordBasedSuggestions: 'off',
    fixedOverflowWidgets: true,
  });
  editor.addCommand(monaco.KeyMod.CtrlCmd | monaco.KeyCode.Enter, start);
  // Tab indents here, so the keyboard needs another way out: to the buttons.
  const leave = (): void =>
    element.closest('.own')?.querySelector<HTMLElement>('.own-acts button')?.focus();
  editor.addCommand(monaco.KeyCode.Escape, leave, '!suggestWidgetVisible && !findWidgetVisible');
  return editor;
}

/** The model of the program in |place|; the store is the truth, the model tells it what is typed. */
function useModel(
  monaco: Monaco,
  editor: CodeEditor | null,
  { language, source }: Program,
  place: number,
): void {
  useEffect(() => {
    if (editor === null) return;
    const ending = language === 'typescript' ? 'ts' : 'js';
    const uri = monaco.Uri.parse(`${FOLDER}program-${place}.${ending}`);
    const text = programs.getState().programs[place]?.source ?? '';
    const model = monaco.editor.getModel(uri) ?? monaco.editor.createModel(text, language, uri);
    editor.setModel(model);
    const listener = model.onDidChangeContent(() => changeProgram({ source: model.getValue() }));
    return () => listener.dispose();
  }, [monaco, editor, place, language]);
  useEffect(() => {
    const model = editor?.getModel();
    if (!model || model.getValue() === source) return;
    model.pushEditOperations([], [{ range: model.getFullModelRange(), text: source }], () => null);
  }, [editor, source, place, language]);
}

/** What the engine said about it, beside what TypeScript says. */
function useMarkers(monaco: Monaco, editor: CodeEditor | null, problems: readonly Problem[]): void {
  useEffect(() => {
    const model = editor?.getModel();
    if (!model) return;
    const markers = problems.flatMap(({ line = 0, message }) => {
      if (line < 1 || line > model.getLineCount()) return [];
      return [
        {
          severity: monaco.MarkerSeverity.Error,
          message,
          startLineNumber: line,
          startColumn: 1,
          endLineNumber: line,
          endColumn: model.getLineMaxColumn(line),
        },
      ];
    });
    monaco.editor.setModelMarkers(model, OWNER, markers);
  }, [monaco, editor, problems]);
}

function useReveal(editor: CodeEditor | null, place: number): void {
  const reveal = usePrograms((s) => s.reveal);
  useEffect(() => {
    if (editor === null || reveal === null) return;
    const position = { lineNumber: reveal.line, column: 1 };
    editor.setPosition(position);
    editor.revealPositionInCenter(position);
    editor.focus();
    programs.setState({ reveal: null });
  }, [editor, reveal, place]);
}
