/** What is wrong, each with its place; a click goes there. */
import { useText } from '../i18n/text.ts';
import { Icon } from '../kit/icons.tsx';
import type { Problem } from '../../port/protocol.ts';
import { revealAt } from '../session/files.ts';
import { editorText } from './text.ts';

interface ProblemListProps {
  readonly file: string;
  readonly problems: readonly Problem[];
}

export function ProblemList({ file, problems }: ProblemListProps) {
  const t = useText(editorText);
  return (
    // The role is said because Safari takes it from lists without bullets.
    // biome-ignore lint/a11y/noRedundantRoles: see above
    <ul className="ed-problems" role="list" aria-label={t.problems}>
      {problems.map((problem) => (
        <li key={`${problem.line ?? 0}:${problem.column ?? 0}:${problem.message}`}>
          <ProblemLine file={file} problem={problem} />
        </li>
      ))}
    </ul>
  );
}

function ProblemLine({ file, problem }: { readonly file: string; readonly problem: Problem }) {
  const t = useText(editorText);
  const { line, column = 1, severity, message } = problem;
  const content = (
    <>
      <span className="ed-problem-sign" data-severity={severity}>
        <Icon name={severity === 'error' ? 'failed' : 'warning'} size={12} />
        <span className="sr-only">{severity === 'error' ? t.error : t.warning}</span>
      </span>
      {line === undefined ? null : <span className="ed-place">{t.at(line, column)}</span>}
      <span className="ed-message">{message}</span>
    </>
  );
  if (line === undefined) return <span className="ed-problem">{content}</span>;
  return (
    <button type="button" className="ed-problem" onClick={() => revealAt(file, line, column)}>
      {content}
    </button>
  );
}
