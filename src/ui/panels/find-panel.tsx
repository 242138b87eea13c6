/** Find: objects, components, files and actions by name (the palette). */
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react';
import { playbackText } from '../i18n/playback.ts';
import { shellText } from '../i18n/shell.ts';
import { useText } from '../i18n/text.ts';
import { Dialog } from '../kit/dialog.tsx';
import { targetIndex } from '../kit/tabs.tsx';
import { exampleIds } from '../examples.ts';
import { findEntries, type FindEntry } from '../mirror/find.ts';
import { refWords } from '../mirror/refs.ts';
import { mirror } from '../mirror/store.ts';
import { resetRun, togglePlay } from '../session/actions.ts';
import { toggleLanguage, toggleTheme } from '../session/appearance.ts';
import { files, openExample, showFile } from '../session/files.ts';
import { exportYaml, saveRun } from '../session/file-acts.ts';
import { selectComponent, selectObject, session } from '../session/session.ts';

function close(): void {
  session.setState({ findOpen: false });
}

export function FindPanel() {
  const t = useText(shellText);
  const [text, setText] = useState('');
  const [active, setActive] = useState(0);
  const field = useRef<HTMLInputElement>(null);
  // After the dialog has opened, which gives the focus to its first button.
  useEffect(() => field.current?.focus(), []);
  const all = useEntries();
  const found = useMemo(() => findEntries(all, text), [all, text]);
  const run = (entry: FindEntry | undefined): void => {
    close();
    entry?.run();
  };
  const press = (event: KeyboardEvent): void => {
    if (event.key === 'Enter') return run(found[active]);
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
    event.preventDefault();
    setActive(targetIndex(event.key, active, found.length));
  };
  return (
    <Dialog title={t.find} closeLabel={t.close} onClose={close}>
      <input
        ref={field}
        className="field find-field"
        type="text"
        role="combobox"
        aria-expanded="true"
        aria-controls="find-list"
        aria-activedescendant={found.length > 0 ? `find-${active}` : undefined}
        aria-label={t.find}
        placeholder={t.findHint}
        value={text}
        onKeyDown={press}
        onChange={(event) => {
          setText(event.target.value);
          setActive(0);
        }}
      />
      {found.length === 0 ? <p className="dim pad">{t.findNothing}</p> : null}
      <div role="listbox" id="find-list" aria-label={t.find}>
        {found.map((entry, i) => (
          <button
            key={entry.id}
            id={`find-${i}`}
            type="button"
            role="option"
            tabIndex={-1}
            aria-selected={i === active}
            className="menu-item find-item"
            onClick={() => run(entry)}
          >
            {entry.title} <small>{entry.sort}</small>
          </button>
        ))}
      </div>
    </Dialog>
  );
}

function useEntries(): readonly FindEntry[] {
  const t = useText(shellText);
  const p = useText(playbackText);
  return useMemo(() => {
    const { objects, componentNames } = mirror.getState();
    const acts: readonly (readonly [string, () => unknown])[] = [
      [`${p.play} / ${p.pause}`, togglePlay],
      [p.reset, resetRun],
      [t.saveRun, saveRun],
      [t.exportYaml, exportYaml],
      [t.theme, toggleTheme],
      [t.language, toggleLanguage],
      [t.shortcuts, () => session.setState({ shortcutsOpen: true })],
      [t.own, () => session.setState({ ownOpen: true })],
      [t.simulated, () => session.setState({ fidelityOpen: true })],
    ];
    return [
      ...acts.map(([title, run]) => ({ id: `a ${title}`, title, sort: '', run: () => void run() })),
      ...files.getState().files.map(({ name }) => ({
        id: `f ${name}`,
        title: name,
        sort: t.files,
        run: () => showFile(name),
      })),
      ...exampleIds.map((id) => ({
        id: `x ${id}`,
        title: t.exampleNames[id],
        sort: t.examples,
        run: () => void openExample(id),
      })),
      ...componentNames.map((name) => ({
        id: `c ${name}`,
        title: name,
        sort: '',
        run: () => selectComponent(name),
      })),
      ...[...objects.values()]
        .filter((row) => row.event === undefined)
        .map((row) => ({
          id: `o ${row.ref}`,
          title: refWords(row.ref),
          sort: row.status,
          run: () => selectObject(row.ref),
        })),
    ];
  }, [t, p]);
}
