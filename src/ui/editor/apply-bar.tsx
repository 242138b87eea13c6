/** Apply and Diff, and one line that says how the file stands to the cluster. */
import { useState } from 'react';
import { useText } from '../i18n/text.ts';
import { Button } from '../kit/button.tsx';
import { applyActive, diffActive } from '../session/actions.ts';
import type { ManifestFile } from '../session/files.ts';
import { useHistory } from '../session/history.ts';
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
  const [comparing, setComparing] = useState(false);
  const glows = useSession((s) => !s.hasApplied);
  const said = useAnswer(file);

  const apply = (): void => {
    onDiff(null);
    void applyActive();
  };
  const diff = async (): Promise<void> => {
    if (file === undefined) return;
    setComparing(true);
    const text = await diffActive();
    setComparing(false);
    onDiff(text === null ? null : { file: file.name, text });
  };

  const standing =
    file === undefined || file.applied === null
      ? t.neverApplied
      : file.dirty
        ? t.changes
        : t.upToDate;
  const answer = said === null ? t.applying : said === '' ? standing : said;
  const words = comparing ? t.comparing : answer;
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
          onClick={apply}
          disabled={file === undefined}
        >
          {t.apply}
        </Button>
      </span>
    </div>
  );
}

/**
 * What the API server said to this very text, in one line, however it was applied (button, key,
 * palette); null while it has not answered, '' when it was never asked.
 */
function useAnswer(file: ManifestFile | undefined): string | null {
  const deed = useHistory().findLast(
    ({ command }) =>
      command.type === 'apply' && command.file === file?.name && command.text === file.text,
  );
  if (deed === undefined) return '';
  if (deed.result === null) return null;
  const { stdout, stderr, exitCode } = deed.result;
  // Of several documents some may have been taken: what was refused is what one has to know.
  return exitCode === 0
    ? firstLine(stdout) || firstLine(stderr)
    : firstLine(stderr) || firstLine(stdout);
}

function firstLine(text: string): string {
  const trimmed = text.trim();
  const end = trimmed.indexOf('\n');
  return end < 0 ? trimmed : trimmed.slice(0, end);
}
