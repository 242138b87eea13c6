/** The open files as tabs, and what one can do with them. */
import { type KeyboardEvent, type RefObject, useEffect, useRef } from 'react';
import { useText } from '../i18n/text.ts';
import { Menu } from '../kit/menu.tsx';
import { targetIndex } from '../kit/tabs.tsx';
import {
  activeFile,
  closeFile,
  files,
  type ManifestFile,
  newFile,
  renameFile,
  showFile,
  useFiles,
} from '../session/files.ts';
import { inLanguage } from '../i18n/text.ts';
import { notify } from '../session/notices.ts';
import { download, openLocalFiles } from '../session/file-acts.ts';
import { editorText } from './text.ts';

export function FileTabs() {
  const t = useText(editorText);
  const list = useFiles((s) => s.files);
  const active = useFiles((s) => s.active);
  const input = useRef<HTMLInputElement>(null);
  const tabs = useShownTab(active);
  const move = (event: KeyboardEvent<HTMLDivElement>): void => {
    const index = list.findIndex((file) => file.name === active);
    if (event.key === 'F2') return rename(t.renamePrompt);
    const target = list[targetIndex(event.key, index, list.length)];
    if (target === undefined) return;
    event.preventDefault();
    showFile(target.name);
    const all = event.currentTarget.querySelectorAll<HTMLElement>('[role=tab]');
    all[list.indexOf(target)]?.focus();
  };
  return (
    <div className="tabs ed-tabs">
      <div
        ref={tabs}
        role="tablist"
        aria-label={t.files}
        className="tablist ed-tablist"
        onKeyDown={move}
      >
        {list.map((file) => (
          <FileTab key={file.name} file={file} shown={file.name === active} />
        ))}
      </div>
      <Menu
        label={t.fileActions}
        look="ghost"
        side="end"
        items={[
          { id: 'new', title: t.newFile, run: newFile },
          { id: 'open', title: t.openFiles, run: () => input.current?.click() },
          { id: 'download', title: t.downloadFile, run: downloadActive },
          { id: 'rename', title: t.renameFile, run: () => rename(t.renamePrompt) },
          { id: 'close', title: t.closeFile, run: () => closeFile(files.getState().active) },
        ]}
      />
      <input
        ref={input}
        type="file"
        multiple
        accept=".yaml,.yml,.json,.txt,text/*,application/json,application/yaml"
        className="sr-only"
        tabIndex={-1}
        aria-hidden="true"
        onChange={(event) => {
          const chosen = [...(event.target.files ?? [])];
          event.target.value = '';
          void openLocalFiles(chosen);
        }}
      />
    </div>
  );
}

function FileTab({ file, shown }: { readonly file: ManifestFile; readonly shown: boolean }) {
  const t = useText(editorText);
  const { name, dirty, applied } = file;
  return (
    <button
      type="button"
      role="tab"
      className="tab"
      aria-selected={shown}
      tabIndex={shown ? 0 : -1}
      title={dirty ? `${name} (${t.changed})` : name}
      onClick={() => showFile(name)}
      onDoubleClick={() => rename(t.renamePrompt)}
    >
      {name}
      {dirty && applied !== null ? <span className="ed-dirty" aria-hidden="true" /> : null}
    </button>
  );
}

/** Of many files the one that is shown must not be the one that has scrolled out. */
function useShownTab(active: string): RefObject<HTMLDivElement | null> {
  const tabs = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (active === '') return;
    const tab = tabs.current?.querySelector('[aria-selected=true]');
    tab?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [active]);
  return tabs;
}

function rename(question: string): void {
  const file = activeFile(files.getState());
  if (file === undefined) return;
  const name = globalThis.prompt(question, file.name);
  if (name === null || renameFile(file.name, name)) return;
  notify({
    severity: 'warning',
    text: (language) => inLanguage(editorText, language).nameTaken(name),
  });
}

function downloadActive(): void {
  const file = activeFile(files.getState());
  if (file !== undefined) void download(file.name, file.text, 'application/yaml');
}
