/** What controllers have said, newest last; the line of a program leads there. */
import { useEffect, useRef } from 'react';
import type { OwnLogLine } from '../../port/protocol-own.ts';
import { ownText } from '../i18n/own.ts';
import { useText } from '../i18n/text.ts';
import { Button } from '../kit/button.tsx';
import { momentText } from '../kit/format.ts';
import { revealLine } from './programs.ts';

/** Pixels from the end at which somebody still reads the newest line. */
const NEAR_END_PX = 40;

interface OwnLogProps {
  readonly lines: readonly OwnLogLine[];
  readonly onClear: () => void;
}

export function OwnLog({ lines, onClear }: OwnLogProps) {
  const t = useText(ownText);
  const box = useRef<HTMLDivElement>(null);
  const follows = useRef(true);
  useEffect(() => {
    const element = box.current;
    if (element !== null && follows.current) element.scrollTop = element.scrollHeight;
  }, [lines]);
  return (
    <section className="own-log-part">
      <div className="own-log-head">
        <h3>{t.log}</h3>
        <Button look="ghost" onClick={onClear}>
          {t.clear}
        </Button>
      </div>
      <div
        ref={box}
        className="own-log"
        role="log"
        aria-label={t.log}
        tabIndex={0}
        onScroll={({ currentTarget: { clientHeight, scrollHeight, scrollTop } }) => {
          follows.current = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
        }}
      >
        {lines.length === 0 ? <p className="dim">{t.logEmpty}</p> : null}
        {lines.map((line) => (
          <Line key={line.seq} line={line} />
        ))}
      </div>
    </section>
  );
}

function Line({ line: { at, controller, key, level, line, text } }: { readonly line: OwnLogLine }) {
  const t = useText(ownText);
  return (
    <div className="own-line" data-level={level}>
      <span className="dim">
        {momentText(at)} {controller} {key}
      </span>{' '}
      {line === undefined ? null : (
        <>
          <Button look="link" onClick={() => revealLine(controller, line)}>
            {t.line(line)}
          </Button>{' '}
        </>
      )}
      <span className="own-line-text">{text}</span>
    </div>
  );
}
