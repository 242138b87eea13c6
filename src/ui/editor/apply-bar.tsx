/** Apply and Diff, and one line that says how the file stands to the cluster. */
import { useState } from 'react';
import { useText } from '../i18n/text.ts';
import { Button } from '../kit/button.tsx';
import { applyActive, diffActive } from '../session/actions.ts';
import type { ManifestFile } from '../session/files.ts';
import { useSession } from '../session/session.ts';
import { editorText } from './text.ts';

export interface DiffView {
  readonly file: string;
  readonly text: string;
}

interface ApplyBarProps {
  readonly file: ManifestFile | undefined;
  readonly onDiff: (diff: DiffView | null) => void;
}

export function ApplyBar({ file, onDiff }: ApplyBarProps) {
  const t = useText(editorText);
  const [busy, setBusy] = useState<'apply' | 'diff' | null>(null);
  const [said, setSaid] = useState<{ readonly file: string; readonly text: string } | null>(null);
  const glows = useSession((s) => !s.hasApplied);

  const apply = async (): Promise<void> => {
    onDiff(null);
    setBusy('apply');
    const result = await applyActive();
    setBusy(null);
    const line = firstLine(result?.stdout ?? '') || firstLine(result?.stderr ?? '');
    setSaid(file === undefined || line === '' ? null : { file: file.name, text: line });
  };
  const diff = async (): Promise<void> => {
    if (file === undefined) return;
    setBusy('diff');
    const text = await diffActive();
    setBusy(null);
    onDiff(text === null ? null : { file: file.name, text });
  };

  const standing =
    file === undefined || file.applied === null
      ? t.neverApplied
      : file.dirty
        ? t.changes
        : said?.file === file.name
          ? said.text
          : t.upToDate;
  const refused = said !== null && said.file === file?.name && file.dirty ? said.text : null;
  const words =
    busy === 'apply' ? t.applying : busy === 'diff' ? t.comparing : (refused ?? standing);
  return (
    <div className="ed-apply">
      <span className="ed-standing" role="status" title={words}>
        {words}
      </span>
      <Button title={t.diffHint} onClick={() => void diff()} disabled={file === undefined}>
        {t.diff}
      </Button>
      <span className={glows ? 'ed-glow' : undefined}>
        <Button
          look="primary"
          title={t.applyHint}
          aria-keyshortcuts="Control+Enter Meta+Enter"
          onClick={() => void apply()}
          disabled={file === undefined}
        >
          {t.apply}
        </Button>
      </span>
    </div>
  );
}

function firstLine(text: string): string {
  const trimmed = text.trim();
  const end = trimmed.indexOf('\n');
  return end < 0 ? trimmed : trimmed.slice(0, end);
}
