/** What a Pod waits for, pulls and probes at the moment that is shown. */
import type { PodInside, PodProbe, PodPull, PodWait } from '../../port/protocol-pod.ts';
import { type PodText, podText } from '../i18n/pod.ts';
import { useText } from '../i18n/text.ts';
import { momentText } from '../kit/format.ts';
import { Icon } from '../kit/icons.tsx';
import { useMirror } from '../mirror/store.ts';
import { countdownText } from './countdown.ts';
import './waits.css';

/** As the API names them, in every language. */
const WAIT_NAMES = {
  crash: 'CrashLoopBackOff',
  pull: 'ImagePullBackOff',
  deadline: 'activeDeadlineSeconds',
} as const;

/** Waits and pulls as a row of small boxes; nothing when there are none. */
export function Waits({ inside }: { readonly inside: PodInside }) {
  const t = useText(podText);
  const { waits, pulls } = inside;
  if (waits.length === 0 && pulls.length === 0) return null;
  return (
    <ul className="pod-waits" aria-label={t.now}>
      {waits.map((wait) => (
        <Wait key={`${wait.kind} ${wait.container}`} wait={wait} t={t} />
      ))}
      {pulls.map((pull) => (
        <Pull key={pull.container} pull={pull} t={t} />
      ))}
    </ul>
  );
}

function Wait({ wait, t }: { readonly wait: PodWait; readonly t: PodText }) {
  const at = useMirror((s) => s.at);
  const { kind, container, until, next } = wait;
  const left = until - at;
  return (
    <li className="pod-wait" data-wait={kind} data-container={container}>
      <Icon name="backOff" size={12} />
      <span>
        {container === '' ? '' : <b className="mono">{container} </b>}
        {kind === 'grace' ? t.gracePeriod : WAIT_NAMES[kind]}
      </span>
      <b className="mono" role="timer">
        {left > 0 ? countdownText(left) : ''}
      </b>
      {left > 0 ? null : <span className="dim">{t.waitOver}</span>}
      {next === null || next <= at ? null : (
        <span className="dim">{t.waitNext(countdownText(next - at))}</span>
      )}
    </li>
  );
}

function Pull({ pull, t }: { readonly pull: PodPull; readonly t: PodText }) {
  const { container, image, percent } = pull;
  const label = `${container}: ${t.pulling(image)}`;
  return (
    <li className="pod-wait" data-container={container}>
      <b className="mono">{container}</b>
      <span>{t.pulling(image)}</span>
      <progress max={100} value={percent} aria-label={label} />
      <span className="mono">{Math.round(percent)}%</span>
    </li>
  );
}

export function Probes({ inside }: { readonly inside: PodInside }) {
  const t = useText(podText);
  const at = useMirror((s) => s.at);
  if (inside.probes.length === 0) return <p className="dim pad">{t.noProbes}</p>;
  return (
    <div className="scroll">
      <table className="table pod-probes">
        <thead>
          <tr>
            <th scope="col">{t.container}</th>
            <th scope="col">{t.probe}</th>
            <th scope="col">{t.probeWhat}</th>
            <th scope="col">{t.probeResult}</th>
            <th scope="col">{t.probeNext}</th>
          </tr>
        </thead>
        <tbody>
          {inside.probes.map((p) => {
            const failing = p.lastRun === 'failure';
            const threshold = failing ? p.failureThreshold : p.successThreshold;
            return (
              <tr key={`${p.container} ${p.probe}`} data-result={p.result}>
                <th scope="row" className="mono">
                  {p.container}
                </th>
                <td>{p.probe}</td>
                <td className="mono">{p.what}</td>
                <td>
                  <Icon name={p.result === 'success' ? 'completed' : 'failed'} size={10} />{' '}
                  {t.result[p.result]} <span className="dim">{inARowText(p, threshold, t)}</span>
                </td>
                <td className="mono">
                  {p.nextAt === null
                    ? '–'
                    : p.nextAt > at
                      ? countdownText(p.nextAt - at)
                      : momentText(p.nextAt)}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

/** A success beyond the threshold changes nothing more: it is only counted. */
function inARowText(p: PodProbe, threshold: number, t: PodText): string {
  if (p.lastRun === null) return '';
  return t.inARow(t.result[p.lastRun], Math.min(p.inARow, threshold), threshold);
}
