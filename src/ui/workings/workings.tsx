/**
 * How the selected object works. Each view is a file of its own, loaded with the first object that
 * needs it; the engine tells what they show.
 */
import { lazy, Suspense } from 'react';
import type { Workings as Told } from '../../port/protocol-workings.ts';
import { workingsText } from '../i18n/workings.ts';
import { useText } from '../i18n/text.ts';
import { useMirror } from '../mirror/store.ts';
import './workings.css';

const Autoscaler = lazy(() =>
  import('./autoscaler-view.tsx').then((m) => ({ default: m.AutoscalerView })),
);
const Binding = lazy(() => import('./binding-view.tsx').then((m) => ({ default: m.BindingView })));
const Budget = lazy(() => import('./budget-view.tsx').then((m) => ({ default: m.BudgetView })));
const Completions = lazy(() =>
  import('./completions-view.tsx').then((m) => ({ default: m.CompletionsView })),
);
const Drain = lazy(() => import('./drain-view.tsx').then((m) => ({ default: m.DrainView })));
const Ordinals = lazy(() =>
  import('./ordinals-view.tsx').then((m) => ({ default: m.OrdinalsView })),
);
const Rollout = lazy(() => import('./rollout-view.tsx').then((m) => ({ default: m.RolloutView })));
const Schedule = lazy(() =>
  import('./schedule-view.tsx').then((m) => ({ default: m.ScheduleView })),
);

export function Workings({ target }: { readonly target: string }) {
  const t = useText(workingsText);
  const told = useMirror((s) => (s.workings?.ref === target ? s.workings : null));
  const loading = <p className="dim small">{t.loading}</p>;
  if (told === null) return loading;
  return <Suspense fallback={loading}>{viewOf(told)}</Suspense>;
}

function viewOf(told: Told) {
  switch (told.type) {
    case 'autoscaler':
      return <Autoscaler of={told} />;
    case 'binding':
      return <Binding of={told} />;
    case 'budget':
      return <Budget of={told} />;
    case 'completions':
      return <Completions of={told} />;
    case 'drain':
      return <Drain of={told} />;
    case 'ordinals':
      return <Ordinals of={told} />;
    case 'rollout':
      return <Rollout of={told} />;
    case 'schedule':
      return <Schedule of={told} />;
  }
}
