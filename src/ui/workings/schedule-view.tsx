/** A CronJob: when it runs next, and what its runs became. */
import type { ScheduleWorkings } from '../../port/protocol-workings.ts';
import { workingsText } from '../i18n/workings.ts';
import { useText } from '../i18n/text.ts';
import { Facts } from '../inspector/facts.tsx';
import { ObjectLink } from '../inspector/object-link.tsx';
import { Badge } from '../kit/badge.tsx';
import { durationText } from '../kit/format.ts';
import { Icon } from '../kit/icons.tsx';
import { Countdown, Moment, Section } from './kit.tsx';

const MICROS_PER_MS = 1_000;
const ICONS = { active: 'starting', succeeded: 'completed', failed: 'failed' } as const;

export function ScheduleView({ of }: { readonly of: ScheduleWorkings }) {
  const t = useText(workingsText);
  const zone = of.timeZone === '' ? '' : ` ${of.timeZone}`;
  return (
    <Section
      title={t.schedule}
      aside={
        <Badge>
          <span className="mono">
            {of.schedule}
            {zone}
          </span>
        </Badge>
      }
    >
      {of.suspended ? <p role="status">{t.scheduleSuspended}</p> : null}
      {of.problem === '' ? null : <p role="alert">{of.problem}</p>}
      {!of.suspended && of.next.length === 0 ? <p role="status">{t.never}</p> : null}
      {of.next.length === 0 ? null : (
        <ol className="wk-runs" aria-label={t.nextRuns}>
          {of.next.map((ms) => (
            <li key={ms}>
              <Moment ms={ms} /> <Countdown ms={ms} />
            </li>
          ))}
        </ol>
      )}
      <Facts
        facts={[
          { name: t.concurrency, value: of.concurrency },
          ...(of.startingDeadlineSeconds === null
            ? []
            : [{ name: 'startingDeadlineSeconds', value: of.startingDeadlineSeconds }]),
          ...(of.lastMs === null ? [] : [{ name: t.lastRun, value: <Moment ms={of.lastMs} /> }]),
          ...(of.lastSuccessMs === null
            ? []
            : [{ name: t.lastSuccess, value: <Moment ms={of.lastSuccessMs} /> }]),
        ]}
      />
      {of.jobs.length === 0 ? null : (
        <ul className="wk-runs" aria-label={t.jobs}>
          {of.jobs.map((job) => (
            <li key={job.ref} data-state={job.state}>
              <Icon name={ICONS[job.state]} size={11} /> <ObjectLink target={job.ref} />{' '}
              <span className="dim small">
                <Moment ms={job.startMs} />
                {job.endMs === null
                  ? ''
                  : ` · ${t.took(durationText((job.endMs - job.startMs) * MICROS_PER_MS))}`}
              </span>
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}
