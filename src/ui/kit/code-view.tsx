/** YAML or JSON to read, lightly coloured; long texts are cut with a word about it. */
import { memo, useMemo } from 'react';
import { highlightJson, highlightYaml } from './highlight.ts';

/** More lines than this nobody reads here; the editor or a file shows the rest. */
const LINES_SHOWN = 3_000;

interface CodeViewProps {
  readonly text: string;
  readonly format: 'yaml' | 'json';
  readonly label: string;
  /** Said after the last line shown when the text is longer. */
  readonly more: (lines: number) => string;
}

export const CodeView = memo(function CodeView({ text, format, label, more }: CodeViewProps) {
  const lines = useMemo(() => text.split('\n'), [text]);
  const highlight = format === 'yaml' ? highlightYaml : highlightJson;
  const hidden = lines.length - LINES_SHOWN;
  return (
    <section className="code-box" aria-label={label}>
      <pre className="code">
        {lines.slice(0, LINES_SHOWN).map((line, i) => (
          // Lines have no other identity than their place.
          <div key={i}>
            {highlight(line).map((token, j) =>
              token.sort === 'plain' ? (
                token.text
              ) : (
                <span key={j} className={`tok-${token.sort}`}>
                  {token.text}
                </span>
              ),
            )}
            {line === '' ? '\n' : null}
          </div>
        ))}
      </pre>
      {hidden > 0 ? <p className="dim pad">{more(hidden)}</p> : null}
    </section>
  );
});
