/**
 * When a case begins on the clock of its cluster. CronJobs go by the minute, and some by an hour of
 * their zone: their cases begin as long before it as they did when they were recorded.
 */
import type { Recording } from './recording.ts';

const MS_PER_SECOND = 1_000;
const MINUTE_MS = 60_000;
const MINUTES_PER_DAY = 24 * 60;
/** The controller takes this long to make a Job that is due. */
const REACTION_MS = 15;

export function startMsOf(recording: Recording, afterMs: number): number {
  const job = recording.stream.find(
    (c) => c.type === 'ADDED' && isOfCronJob(c.name, c.kind) && isInTime(c.change, c.at),
  );
  if (!job || !recording.case.startsWith('cronjob/')) return afterMs;
  const runMs = nextRun(recording, afterMs + job.at);
  return runMs - job.at + REACTION_MS;
}

function isOfCronJob(name: string, kind: string): boolean {
  return kind === 'Job' && name.includes('<minute');
}

/** Made when it was due, and not to make up for what was missed. */
function isInTime(job: unknown, at: number): boolean {
  const due = /"batch.kubernetes.io\/cronjob-scheduled-timestamp":"<time:([+-]\d+)>"/.exec(
    JSON.stringify(job),
  );
  return due !== null && Math.abs(Number(due[1]) * MS_PER_SECOND - at) < MS_PER_SECOND;
}

/** The first minute after |fromMs| that the schedule and its zone may mean. */
function nextRun(recording: Recording, fromMs: number): number {
  const text = JSON.stringify(recording.commands);
  const zone = /"timeZone":\s*"([^"]+)"/.exec(text)?.[1];
  const hours = /"schedule":\s*"(\d+)[^ ]* (\d+) \* \* \*"/.exec(text);
  const first = Math.ceil(fromMs / MINUTE_MS) * MINUTE_MS;
  if (!hours) return first;
  const [, minute = '', hour = ''] = hours;
  const clock = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone ?? 'UTC',
    hour: '2-digit',
    minute: '2-digit',
  });
  const wanted = `${hour.padStart(2, '0')}:${minute.padStart(2, '0')}`;
  for (let i = 0; i < MINUTES_PER_DAY; i++) {
    const at = first + i * MINUTE_MS;
    if (clock.format(new Date(at)) === wanted) return at;
  }
  return first;
}
