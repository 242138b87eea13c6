/** What the views of an object share: conditions, times that count down, a bar with a limit. */
import type { ReactNode } from 'react';
import type { WorkingsCondition } from '../../port/protocol-workings.ts';
import { workingsText } from '../i18n/workings.ts';
import { useText } from '../i18n/text.ts';
import { momentText } from '../kit/format.ts';
import { useMirror } from '../mirror/store.ts';
import { countdownText } from '../pod/countdown.ts';
import { defaultSizes, session, useSession } from '../session/session.ts';

const MICROS_PER_MS = 1_000;

interface SectionProps {
  readonly title: string;
  /** Beside the title: a badge with the state. */
  readonly aside?: ReactNode;
  readonly children: ReactNode;
}

/** The frame of a view: a region that is known by its title. */
export function Section({ title, aside, children }: SectionProps) {
  return (
    <section className="wk" aria-label={title}>
      <h3 className="section-title wk-title">
        <span>
          {title} {aside}
        </span>
        <Enlarge />
      </h3>
      {children}
    </section>
  );
}

/** Room for a view, in CSS pixels. */
const LARGE = { inspector: 560, drawer: 120 } as const;

/** Gives the inspector half of the page, and takes it back. */
function Enlarge() {
  const t = useText(workingsText);
  const sizes = useSession((s) => s.sizes);
  const isLarge = sizes.inspector >= LARGE.inspector;
  const change = (): void => {
    const usual = defaultSizes(innerWidth);
    const { drawer, inspector } = isLarge ? usual : LARGE;
    session.setState({ sizes: { ...sizes, drawer, inspector } });
  };
  return (
    <button type="button" className="btn link wk-enlarge" aria-pressed={isLarge} onClick={change}>
      {isLarge ? t.reduce : t.enlarge}
    </button>
  );
}

/** A moment of the objects (milliseconds since 1970) in the page's virtual time. */
export function Moment({ ms }: { readonly ms: number }) {
  const epochMs = useMirror((s) => s.epochMs);
  return <span className="mono">{momentText((ms - epochMs) * MICROS_PER_MS)}</span>;
}

/** How long until then; what stands there afterwards is |after|. */
export function Countdown({ ms, after = '' }: { readonly ms: number; readonly after?: string }) {
  const t = useText(workingsText);
  const left = useMirror((s) => (ms - s.epochMs) * MICROS_PER_MS - s.at);
  if (left <= 0) return <span className="mono">{after === '' ? t.over : after}</span>;
  return (
    <b className="mono" role="timer">
      {t.in(countdownText(left))}
    </b>
  );
}

interface ConditionsProps {
  readonly rows: readonly WorkingsCondition[];
  /** Shown at once: they say what holds it back. */
  readonly open?: boolean;
}

export function Conditions({ rows, open = false }: ConditionsProps) {
  const t = useText(workingsText);
  if (rows.length === 0) return null;
  return (
    <details className="wk-more" open={open}>
      <summary>
        {t.conditions} <span className="dim">{rows.length}</span>
      </summary>
      <ul className="wk-conditions">
        {rows.map((c) => (
          <li key={c.type}>
            <span className="mono">
              <b>{c.type}</b>={c.status} {c.reason}
            </span>
            {c.message === '' ? null : <span className="dim mono">{c.message}</span>}
          </li>
        ))}
      </ul>
    </details>
  );
}

/** Sentences, one a line. */
export function Sentences({ lines }: { readonly lines: readonly ReactNode[] }) {
  return (
    <div role="status">
      <ul className="wk-sentences">
        {lines.map((line, i) => (
          // oxlint-disable-next-line react/no-array-index-key -- a sentence has no other name
          <li key={i}>{line}</li>
        ))}
      </ul>
    </div>
  );
}
