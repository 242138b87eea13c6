/** The ten-step rail: which of the ten steps are to come, under way and done. */
import { useText } from '../i18n/text.ts';
import { stepsText } from '../i18n/playback.ts';
import { Icon } from '../kit/icons.tsx';
import { PODS_TOLD, type RailStep } from '../mirror/rail.ts';
import { useRail } from '../mirror/use-rail.ts';
import { showStep } from '../session/actions.ts';

type StepKey = keyof (typeof stepsText)['en']['steps'];

export function StepsPanel() {
  const t = useText(stepsText);
  const rail = useRail();
  return (
    <ol className="rail" role="list" aria-label={t.list}>
      {rail.map((item) => (
        <StepItem key={item.step} item={item} />
      ))}
    </ol>
  );
}

function StepItem({ item }: { readonly item: RailStep }) {
  const t = useText(stepsText);
  const { title, hint } = t.steps[`s${item.step}` as StepKey];
  const state = item.skipped ? t.skipped : t.states[item.state];
  // While an earlier step still lacks Pods, those that are further on are counted all the same.
  const begun = item.state !== 'todo' || item.done > 0;
  const several = item.expected > 1 && begun && !item.skipped;
  return (
    <li
      className="rail-step"
      data-state={item.state}
      data-step={item.step}
      data-skipped={item.skipped ? '' : undefined}
      aria-current={item.state === 'current' ? 'step' : undefined}
    >
      <button
        type="button"
        title={`${hint} (${state})`}
        disabled={item.first === null}
        onClick={() => showStep(item)}
      >
        <span className="rail-number mono">
          {item.state === 'done' ? <Icon name="completed" size={11} /> : item.step}
        </span>
        <span className="rail-title">
          {title}
          {several ? (
            <span className="rail-count mono">
              {' '}
              {t.count(item.done, item.expected)}
              {item.expected >= PODS_TOLD ? '+' : ''}
            </span>
          ) : null}
        </span>
        <span className="sr-only">{`, ${state}`}</span>
      </button>
    </li>
  );
}
