/** "Why is this happening?": the causal chain of what is selected, cause first. */
import { useEffect, useRef, useState } from 'react';
import type { WhyLink } from '../../port/protocol.ts';
import { inspectorText } from '../i18n/inspector.ts';
import { narrationText } from '../i18n/narration.ts';
import { useText } from '../i18n/text.ts';
import { momentText } from '../kit/format.ts';
import { narrate } from '../mirror/narration.ts';
import { useMirror } from '../mirror/store.ts';
import { seek } from '../session/actions.ts';
import { ask } from '../session/engine.ts';
import { selectObject } from '../session/session.ts';

export interface WhyQuestion {
  readonly ref?: string;
  readonly container?: string;
  readonly span?: number;
}

export function Why({ question }: { readonly question: WhyQuestion }) {
  const t = useText(inspectorText);
  const links = useWhy(question);
  const section = useRef<HTMLElement>(null);
  const { span } = question;
  const isKnown = links !== null;
  useEffect(() => {
    // Asked for from elsewhere: the answer may lie below what fits.
    if (span !== undefined && isKnown) section.current?.scrollIntoView({ block: 'start' });
  }, [span, isKnown]);
  return (
    <section ref={section} aria-label={t.why} className="why">
      <h3 className="section-title">{t.why}</h3>
      {links === null ? <p className="dim">{t.whyLoading}</p> : null}
      {links?.length === 0 ? <p className="dim">{t.whyEmpty}</p> : null}
      <ol title={t.whyHint}>
        {(links ?? []).map((link, i) => (
          <WhyItem key={link.span.id} link={link} last={i === (links ?? []).length - 1} />
        ))}
      </ol>
    </section>
  );
}

function WhyItem({ link, last }: { readonly link: WhyLink; readonly last: boolean }) {
  const t = useText(inspectorText);
  const narration = useText(narrationText);
  const { span, wanted, seen } = link;
  const end = span.end < 0 ? span.start : span.end;
  const show = (): void => {
    if (span.object !== '') selectObject(span.object);
    void seek(end);
  };
  return (
    <li data-span={span.id} data-last={last ? '' : undefined}>
      <button type="button" className="btn link why-link" onClick={show}>
        {narrate(span, narration)}
      </button>
      <small className="mono dim">
        {momentText(span.start)} {link.actor}
        {wanted === undefined ? '' : ` · ${t.whyWanted(wanted, seen ?? '')}`}
      </small>
    </li>
  );
}

/** Asks again when the object is written; null while the first answer is awaited. */
function useWhy({ ref, container, span }: WhyQuestion): readonly WhyLink[] | null {
  const [links, setLinks] = useState<readonly WhyLink[] | null>(null);
  const revision = useMirror((s) => (ref === undefined ? 0 : (s.objects.get(ref)?.revision ?? 0)));
  const subject = `${ref}|${container}|${span}`;
  const [shown, setShown] = useState(subject);
  if (shown !== subject) {
    setShown(subject);
    setLinks(null);
  }
  useEffect(() => {
    let stale = false;
    const question = {
      type: 'why' as const,
      ...(ref === undefined ? {} : { ref }),
      ...(container === undefined ? {} : { container }),
      ...(span === undefined ? {} : { span }),
    };
    ask(question).then(
      (answer) => {
        if (!stale) setLinks(answer);
      },
      // Refused when the record is gone: the empty chain says so.
      () => {
        if (!stale) setLinks([]);
      },
    );
    return () => {
      stale = true;
    };
    // The revision asks again: another write, another cause.
  }, [ref, container, span, revision]);
  return links;
}
