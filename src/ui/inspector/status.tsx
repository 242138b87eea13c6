/** A status as the API words it, with its shape and colour. */
import type { ObjectRow } from '../../port/protocol.ts';
import { Badge, type Tone } from '../kit/badge.tsx';
import { Icon, type IconName } from '../kit/icons.tsx';

/** Shape before colour: ring waiting, half starting, filled running, check completed, cross failed. */
export function statusLook(status: string): { readonly icon: IconName; readonly tone: Tone } {
  if (/BackOff/.test(status)) return { icon: 'backOff', tone: 'danger' };
  if (/Err|Error|Fail|Evicted|OOM|NotReady|Unknown|OutOf/.test(status)) {
    return { icon: 'failed', tone: 'danger' };
  }
  if (/^(Completed|Succeeded)/.test(status)) return { icon: 'completed', tone: 'ok' };
  if (/^(Running|Ready|Active|Bound)/.test(status)) return { icon: 'running', tone: 'ok' };
  const ratio = /^(\d+)\/(\d+)$/.exec(status);
  if (ratio !== null) {
    const full = ratio[1] === ratio[2];
    return full ? { icon: 'running', tone: 'ok' } : { icon: 'starting', tone: 'warn' };
  }
  if (/^(Init|Container|PodInit|Terminating)/.test(status)) {
    return { icon: 'starting', tone: 'warn' };
  }
  return { icon: 'waiting', tone: 'plain' };
}

/** Workloads tell how many of how many are ready; everything else has a word. */
export function statusOf(row: ObjectRow | undefined): string {
  if (row === undefined) return '';
  const { replicas } = row;
  return replicas === undefined ? row.status : `${replicas.ready}/${replicas.desired}`;
}

export function Status({ text }: { readonly text: string }) {
  const { icon, tone } = statusLook(text);
  return (
    <Badge tone={tone}>
      <Icon name={icon} size={10} />
      {text}
    </Badge>
  );
}
