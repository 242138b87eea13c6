/** What happened in a Pod, as a list: the time line in words. Each line leads to its moment and cause. */
import { useMemo } from 'react';
import type { PodInside } from '../../port/protocol-pod.ts';
import { type PodText, podText } from '../i18n/pod.ts';
import { useText } from '../i18n/text.ts';
import { momentText } from '../kit/format.ts';
import { seek } from '../session/actions.ts';
import { explainSpan } from '../session/session.ts';
import { podStory, type StoryLine } from './story.ts';

export function StoryList({ inside }: { readonly inside: PodInside }) {
  const t = useText(podText);
  const lines = useMemo(() => podStory(inside.lanes), [inside.lanes]);
  if (lines.length === 0) return <p className="dim pad">{t.nothingYet}</p>;
  return (
    <ol className="pod-story" aria-label={t.story}>
      {lines.map((line, i) => (
        // Two things may happen to one container at one moment; their order does not change.
        <li key={`${line.at} ${line.container} ${line.what} ${i}`} data-what={line.what}>
          <button type="button" className="btn link mono" onClick={() => void seek(line.at)}>
            {momentText(line.at)}
          </button>
          <span>
            <b className="mono">{line.container === '' ? t.ofPod : line.container}</b>{' '}
            {lineText(line, t)}
          </span>
          {line.span === 0 ? null : (
            <button
              type="button"
              className="btn link"
              onClick={() => explainSpan(line.span, inside.ref)}
            >
              {t.why}
            </button>
          )}
        </li>
      ))}
    </ol>
  );
}

function lineText({ what, note, exitCode }: StoryLine, t: PodText): string {
  const words = t.what[what];
  switch (what) {
    case 'failed':
      return `${words} ${exitCode ?? ''}`;
    case 'sandbox-ready':
    case 'hook-begun':
    case 'hook-failed':
    case 'create-failed':
    case 'pull-failed':
    case 'pull-begun':
    case 'restarted':
    case 'stopping':
    case 'probe-failed':
    case 'probe-ok':
      return note === '' ? words : `${words} ${note}`;
    default:
      return words;
  }
}
