/** "What happened": a line of text for each event that the canvas draws. */
import { memo, useLayoutEffect, useMemo, useRef } from 'react';
import type { SpanRow } from '../../port/protocol.ts';
import { activityText } from '../i18n/activity.ts';
import { narrationText } from '../i18n/narration.ts';
import { useText } from '../i18n/text.ts';
import { momentText } from '../kit/format.ts';
import { type LogBlock, logBlocks } from '../mirror/log-blocks.ts';
import { narrate } from '../mirror/narration.ts';
import { useMirror } from '../mirror/store.ts';
import { explainSpan } from '../session/session.ts';

/** Within this distance of the end the reader is taken to follow, in pixels. */
const AT_END_PX = 40;

export function LogPanel() {
  const t = useText(activityText);
  const told = useMirror((s) => s.told);
  const count = useMirror((s) => s.toldCount);
  const until = useMirror((s) => (s.past ? s.at : Number.POSITIVE_INFINITY));
  const blocks = useMemo(() => logBlocks(told, count, until), [told, count, until]);
  const box = useRef<HTMLDivElement>(null);
  const follows = useRef(true);
  const newest = blocks[blocks.length - 1];
  useLayoutEffect(() => {
    const element = box.current;
    if (element !== null && newest !== undefined && follows.current) {
      element.scrollTop = element.scrollHeight;
    }
  }, [newest]);
  const scrolled = (): void => {
    const element = box.current;
    if (element === null) return;
    const left = element.scrollHeight - element.scrollTop - element.clientHeight;
    follows.current = left < AT_END_PX;
  };
  return (
    <div className="story-log">
      <h2 className="pane-title" id="log-title">
        {t.log}
      </h2>
      <div
        role="log"
        aria-labelledby="log-title"
        id="pane-log"
        className="story-lines"
        ref={box}
        onScroll={scrolled}
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable
        tabIndex={0}
      >
        {blocks.length === 0 ? <p className="dim pad small">{t.logEmpty}</p> : null}
        {blocks.map((block) => (
          <Block key={block.id} block={block} />
        ))}
      </div>
    </div>
  );
}

/** Only the last block grows; the others are left alone. */
const Block = memo(
  function Block({ block }: { readonly block: LogBlock }) {
    const narration = useText(narrationText);
    return (
      <div className="story-block">
        {block.spans.map((span) => (
          <Line key={span.id} span={span} text={narrate(span, narration)} />
        ))}
      </div>
    );
  },
  (before, after) =>
    before.block.id === after.block.id &&
    before.block.spans.length === after.block.spans.length &&
    before.block.spans[0] === after.block.spans[0],
);

function Line({ span, text }: { readonly span: SpanRow; readonly text: string }) {
  return (
    <button
      type="button"
      className="story-line"
      data-kind={span.kind}
      tabIndex={-1}
      onClick={() => explainSpan(span.id, span.object)}
    >
      <span className="mono dim">{momentText(span.end)}</span> {text}
    </button>
  );
}
