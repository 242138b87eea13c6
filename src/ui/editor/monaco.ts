/**
 * Monaco with the features an author of manifests needs, and the YAML language service over the
 * Kubernetes schema. Reached only through `import()`, so that the page opens without its weight.
 *
 * Monaco 0.57's feature entry points leave out some contributions (completion among them); those are
 * imported by their own files below, and an e2e test opens the completion list.
 */
import * as monaco from 'monaco-editor/editor';
import 'monaco-editor/features/bracketMatching/register';
import 'monaco-editor/features/caretOperations/register';
import 'monaco-editor/features/clipboard/register';
import 'monaco-editor/features/codeAction/register';
import 'monaco-editor/features/codeEditor/register';
import 'monaco-editor/features/codicon/register';
import 'monaco-editor/features/comment/register';
import 'monaco-editor/features/contextmenu/register';
import 'monaco-editor/features/cursorUndo/register';
import 'monaco-editor/features/find/register';
import 'monaco-editor/features/folding/register';
import 'monaco-editor/features/format/register';
import 'monaco-editor/features/gotoError/register';
import 'monaco-editor/features/gotoLine/register';
import 'monaco-editor/features/hover/register';
import 'monaco-editor/features/indentation/register';
import 'monaco-editor/features/lineSelection/register';
import 'monaco-editor/features/linesOperations/register';
import 'monaco-editor/features/longLinesHelper/register';
import 'monaco-editor/features/multicursor/register';
import 'monaco-editor/features/smartSelect/register';
import 'monaco-editor/features/snippet/register';
import 'monaco-editor/features/suggest/register';
import 'monaco-editor/features/toggleTabFocusMode/register';
import 'monaco-editor/features/unusualLineTerminators/register';
import 'monaco-editor/features/wordHighlighter/register';
import 'monaco-editor/features/wordOperations/register';
import 'monaco-editor/features/wordPartOperations/register';
import 'monaco-editor/editor/contrib/suggest/browser/suggestController';
import 'monaco-editor/editor/contrib/caretOperations/browser/caretOperations';
import 'monaco-editor/editor/contrib/gotoError/browser/markerSelectionStatus';
import 'monaco-editor/languages/definitions/yaml/register';
import EditorWorker from 'monaco-editor/editor/editor.worker?worker';
import { configureMonacoYaml } from 'monaco-yaml';
import type { JSONSchema } from 'monaco-yaml';
import schema from './generated/kubernetes-schema.json';
import YamlWorker from './yaml.worker?worker';

export type Monaco = typeof monaco;
export type CodeEditor = monaco.editor.IStandaloneCodeEditor;
export type TextModel = monaco.editor.ITextModel;

/** Not a web address on purpose: nothing may try to fetch it. */
const SCHEMA_URI = 'inmemory://schema/kubernetes.json';

interface OldWorkerOptions {
  readonly createData?: unknown;
  readonly host?: Record<string, (...args: never[]) => unknown>;
}

/**
 * monaco-yaml asks for workers the way Monaco did before 0.53 (by module name); this makes the worker,
 * hands it its settings as the old loader did (a first message that is ignored, then the data), and
 * gives Monaco the worker itself.
 */
const forYaml = {
  ...monaco,
  editor: {
    ...monaco.editor,
    createWebWorker: (options: OldWorkerOptions) => {
      const worker = new YamlWorker();
      worker.postMessage('ignore');
      worker.postMessage(options.createData);
      return monaco.editor.createWebWorker({
        worker,
        ...(options.host ? { host: options.host } : {}),
      });
    },
  },
};

let prepared = false;

/** Monaco, set up once: workers, YAML service, both themes. */
export function prepareMonaco(): Monaco {
  if (prepared) return monaco;
  prepared = true;
  globalThis.MonacoEnvironment = {
    getWorker: (_id: string, label: string) =>
      label === 'yaml' ? new YamlWorker() : new EditorWorker(),
  };
  configureMonacoYaml(forYaml as never, {
    isKubernetes: true,
    enableSchemaRequest: false,
    yamlVersion: '1.1',
    format: { enable: true },
    schemas: [
      { uri: SCHEMA_URI, fileMatch: ['**/*.yaml'], schema: schema as unknown as JSONSchema },
    ],
  });
  defineThemes();
  return monaco;
}

/** Monaco wants literal colours; these are the ones of the page's two themes, all AA on their ground. */
function defineThemes(): void {
  monaco.editor.defineTheme('kubeglass-light', {
    base: 'vs',
    inherit: true,
    rules: [
      { token: 'type', foreground: '2353c4' },
      { token: 'string', foreground: '12734f' },
      { token: 'string.yaml', foreground: '12734f' },
      { token: 'number', foreground: '9a5300' },
      { token: 'keyword', foreground: '7a3fc9' },
      { token: 'comment', foreground: '5a6577' },
      { token: 'operators', foreground: '5a6577' },
      { token: 'delimiter', foreground: '5a6577' },
    ],
    colors: {
      'editor.background': '#ffffff',
      'editor.foreground': '#141a26',
      'editorLineNumber.foreground': '#667085',
      'editorLineNumber.dimmedForeground': '#667085',
      'editorLineNumber.activeForeground': '#141a26',
      'editor.lineHighlightBackground': '#2f62e610',
      'editor.lineHighlightBorder': '#00000000',
      'editorIndentGuide.background1': '#e2e6ee',
      'editorIndentGuide.activeBackground1': '#98a2b3',
      'editorGutter.background': '#ffffff',
      'editorWidget.background': '#ffffff',
      'editorWidget.border': '#cdd4e0',
      'editorSuggestWidget.selectedBackground': '#2f62e6',
      'editorSuggestWidget.selectedForeground': '#ffffff',
      'scrollbarSlider.background': '#14203a26',
      focusBorder: '#2f62e6',
    },
  });
  monaco.editor.defineTheme('kubeglass-dark', {
    base: 'vs-dark',
    inherit: true,
    rules: [
      { token: 'type', foreground: '7fb0ff' },
      { token: 'string', foreground: '9ad8b7' },
      { token: 'string.yaml', foreground: '9ad8b7' },
      { token: 'number', foreground: 'f0b46a' },
      { token: 'keyword', foreground: 'c3a2f7' },
      { token: 'comment', foreground: '94a0b5' },
      { token: 'operators', foreground: '94a0b5' },
      { token: 'delimiter', foreground: '94a0b5' },
    ],
    colors: {
      'editor.background': '#121722',
      'editor.foreground': '#e7ecf5',
      'editorLineNumber.foreground': '#7f8ba1',
      'editorLineNumber.dimmedForeground': '#7f8ba1',
      'editorLineNumber.activeForeground': '#e7ecf5',
      'editor.lineHighlightBackground': '#5b8cff1c',
      'editor.lineHighlightBorder': '#00000000',
      'editorIndentGuide.background1': '#232b3b',
      'editorIndentGuide.activeBackground1': '#5d6980',
      'editorGutter.background': '#121722',
      'editorWidget.background': '#181e2b',
      'editorWidget.border': '#2f394d',
      'editorSuggestWidget.selectedBackground': '#2a4a94',
      'editorSuggestWidget.selectedForeground': '#ffffff',
      'scrollbarSlider.background': '#e7ecf526',
      focusBorder: '#5b8cff',
    },
  });
}
