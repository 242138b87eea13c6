/**
 * Monaco's TypeScript, told what a controller finds: completion, help and errors while typing. Its
 * service is large and runs in a Worker of its own; it is loaded when the first program is opened.
 */
import {
  javascriptDefaults,
  ScriptTarget,
  typescriptDefaults,
} from 'monaco-editor/languages/features/typescript/register';
import 'monaco-editor/languages/definitions/javascript/register';
import 'monaco-editor/languages/definitions/typescript/register';
import TypeScriptWorker from 'monaco-editor/languages/features/typescript/ts.worker?worker';
import types from '../../examples/kubeglass.d.ts?raw';
import { type Monaco, prepareMonaco } from '../editor/monaco.ts';

let prepared = false;

export function prepareProgramMonaco(): Monaco {
  const monaco = prepareMonaco();
  if (prepared) return monaco;
  prepared = true;
  const others = globalThis.MonacoEnvironment;
  globalThis.MonacoEnvironment = {
    getWorker: (id: string, label: string) => {
      const isOurs = label === 'typescript' || label === 'javascript';
      const other = isOurs ? undefined : others?.getWorker?.(id, label);
      return other ?? new TypeScriptWorker();
    },
  };
  for (const defaults of [typescriptDefaults, javascriptDefaults]) {
    defaults.setCompilerOptions({
      target: ScriptTarget.ESNext,
      lib: ['es2022'],
      strict: true,
      allowNonTsExtensions: true,
      allowJs: true,
      moduleDetection: 3,
    });
    defaults.addExtraLib(types, 'file:///kubeglass.d.ts');
  }
  return monaco;
}
