/** A node as a drain sees it: what is evicted, what stays, which budget holds it up. */
import type { DrainWorkings } from '../../port/protocol-workings.ts';
import { workingsText } from '../i18n/workings.ts';
import { useText } from '../i18n/text.ts';
import { ObjectLink } from '../inspector/object-link.tsx';
import { Badge } from '../kit/badge.tsx';
import { Button } from '../kit/button.tsx';
import { refParts } from '../mirror/refs.ts';
import { runCommand } from '../session/actions.ts';
import { selectObject } from '../session/session.ts';
import { Evictions } from './budget-view.tsx';
import { Section } from './kit.tsx';

export function DrainView({ of }: { readonly of: DrainWorkings }) {
  const t = useText(workingsText);
  const node = refParts(of.ref).name;
  return (
    <Section
      title={t.drain}
      aside={of.cordoned ? <Badge tone="warn">SchedulingDisabled</Badge> : null}
    >
      <p className="small">{of.cordoned ? t.cordoned : t.notCordoned}</p>
      <div className="actions">
        <Button title={t.drainHint} onClick={() => void runCommand({ type: 'drain', node })}>
          {t.drainDo}
        </Button>
        <Button
          title={t.drainForceHint}
          onClick={() => void runCommand({ type: 'drain', node, force: true })}
        >
          {t.drainForce}
        </Button>
        <Button onClick={() => void runCommand({ type: 'cordon', node, on: !of.cordoned })}>
          {of.cordoned ? t.uncordon : t.cordon}
        </Button>
      </div>
      {of.pods.length === 0 ? (
        <p className="dim small">{t.drainEmpty}</p>
      ) : (
        <ul className="wk-dots" aria-label={t.drainPods}>
          {of.pods.map((pod) => (
            <li key={pod.ref}>
              <ObjectLink target={pod.ref} />
              <span className="dim small">{t.fate[pod.fate]}</span>
              {pod.fate === 'evicted'
                ? pod.budgets.map(({ ref, allowed }) => (
                    <button
                      key={ref}
                      type="button"
                      className="badge as-button"
                      data-tone={allowed > 0 ? 'ok' : 'warn'}
                      onClick={() => selectObject(ref)}
                    >
                      {t.guardedBy(refParts(ref).name, allowed)}
                    </button>
                  ))
                : null}
            </li>
          ))}
        </ul>
      )}
      {of.cordoned || of.evictions.length > 0 ? <Evictions tries={of.evictions} /> : null}
    </Section>
  );
}
