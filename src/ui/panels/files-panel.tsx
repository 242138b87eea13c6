/** Examples, and the run and its objects as files. */
import { useEffect, useRef } from 'react';
import { exampleIds, fetchExamples } from '../examples.ts';
import { useText } from '../i18n/text.ts';
import { shellText } from '../i18n/shell.ts';
import { Button } from '../kit/button.tsx';
import { Menu } from '../kit/menu.tsx';
import { openExample } from '../session/files.ts';
import { exportYaml, openRunFile, saveRun } from '../session/file-acts.ts';
import { session } from '../session/session.ts';

export function FilesPanel() {
  const t = useText(shellText);
  const input = useRef<HTMLInputElement>(null);
  useEffect(fetchExamples, []);
  return (
    <div role="group" aria-label={t.files} className="header-group">
      <Menu
        label={t.examples}
        look="ghost"
        items={exampleIds.map((id) => ({
          id,
          title: t.exampleNames[id],
          hint: t.exampleHints[id],
          run: () => void openExample(id),
        }))}
      />
      <Button look="ghost" title={t.ownHint} onClick={toggleOwn}>
        {t.own}
      </Button>
      <Button look="ghost" title={t.saveRunHint} onClick={saveRun}>
        {t.saveRun}
      </Button>
      <Button look="ghost" onClick={() => input.current?.click()}>
        {t.openRun}
      </Button>
      <input
        ref={input}
        type="file"
        accept=".json,application/json"
        className="sr-only"
        tabIndex={-1}
        aria-hidden="true"
        onChange={(event) => {
          const file = event.target.files?.[0];
          event.target.value = '';
          if (file !== undefined) void openRunFile(file);
        }}
      />
      <Button look="ghost" onClick={exportYaml}>
        {t.exportYaml}
      </Button>
    </div>
  );
}

function toggleOwn(): void {
  session.setState(({ ownOpen }) => ({ ownOpen: !ownOpen }));
}
