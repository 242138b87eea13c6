/**
 * Terminal: what the reader did on the page, as the kubectl commands that do the same, with what
 * they printed. Typing commands comes later; the pane says so.
 */
import { useEffect, useRef } from 'react';
import { activityText } from '../i18n/activity.ts';
import { useText } from '../i18n/text.ts';
import { type Deed, useHistory } from '../session/history.ts';

export function TerminalPanel() {
  const t = useText(activityText);
  const deeds = useHistory();
  const end = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (deeds.length > 0) end.current?.scrollIntoView({ block: 'nearest' });
  }, [deeds]);
  return (
    <section className="terminal mono" aria-label={t.terminalLabel}>
      <p className="dim terminal-intro">{t.terminalIntro}</p>
      {deeds.map((deed) => (
        <DeedView key={deed.id} deed={deed} />
      ))}
      <div ref={end} />
    </section>
  );
}

function DeedView({ deed }: { readonly deed: Deed }) {
  const t = useText(activityText);
  const { result } = deed;
  return (
    <div className="deed">
      <div>
        {deed.line === null ? (
          <span className="tok-comment">{comment(deed, t.noKubectl)}</span>
        ) : (
          <>
            <span className="dim">$ </span>
            {deed.line}
          </>
        )}
      </div>
      {result === null ? <div className="dim">{t.waiting}</div> : null}
      {result !== null && result.stdout !== '' ? (
        <pre className="deed-out">{result.stdout.trimEnd()}</pre>
      ) : null}
      {result !== null && result.stderr !== '' ? (
        <pre className="deed-err">{result.stderr.trimEnd()}</pre>
      ) : null}
    </div>
  );
}

function comment(deed: Deed, words: (typeof activityText)['en']['noKubectl']): string {
  const { command } = deed;
  switch (command.type) {
    case 'add-node':
      return words.addNode(command.node.name);
    case 'stop':
      return words.stop(command.component);
    case 'start':
      return words.start(command.component);
    case 'controller':
    case 'remove-controller':
      return `# ${command.type} ${command.name}`;
    default:
      return `# ${command.type}`;
  }
}
