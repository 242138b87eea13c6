/** Playback bar: run, step, go back; the pace; the timeline with its marks. */
import { useMemo, useRef } from 'react';
import type { Pace } from '../../port/protocol.ts';
import { useText } from '../i18n/text.ts';
import { playbackText } from '../i18n/playback.ts';
import { Badge } from '../kit/badge.tsx';
import { Button } from '../kit/button.tsx';
import { clockText } from '../kit/format.ts';
import { Icon } from '../kit/icons.tsx';
import { RadioGroup } from '../kit/radio-group.tsx';
import { Slider, type SliderMark } from '../kit/slider.tsx';
import { actMarks, stepMarks, type TimelineMark, warningMarks } from '../mirror/marks.ts';
import { refWords } from '../mirror/refs.ts';
import { useMirror } from '../mirror/store.ts';
import {
  backToNow,
  pause,
  play,
  resetRun,
  scrubTo,
  setPace,
  step,
  stepBack,
} from '../session/actions.ts';

/** One press of an arrow key on the timeline moves by this share of it. */
const KEY_SHARE = 1 / 200;

export function PlaybackPanel() {
  const t = useText(playbackText);
  return (
    <div role="toolbar" aria-label={t.toolbar} className="playback">
      <Transport />
      <PaceChoice />
      <Clock />
      <Timeline />
      <BackToNow />
    </div>
  );
}

function Transport() {
  const t = useText(playbackText);
  const playing = useMirror((s) => s.playing);
  const ready = useMirror((s) => s.engine.type === 'ready');
  return (
    <div className="transport">
      <Button icon label={t.reset} title={t.resetHint} disabled={!ready} onClick={resetRun}>
        <Icon name="reset" />
      </Button>
      <Button
        icon
        label={t.stepBack}
        title={t.stepBackHint}
        disabled={!ready}
        onClick={(event) => stepBack(event.shiftKey ? 'event' : 'step')}
      >
        <Icon name="stepBack" />
      </Button>
      <Button look="primary" disabled={!ready} onClick={playing ? pause : play}>
        <Icon name={playing ? 'pause' : 'play'} />
        {playing ? t.pause : t.play}
      </Button>
      <Button
        title={t.stepHint}
        disabled={!ready}
        onClick={(event) => step(event.shiftKey ? 'event' : 'step')}
      >
        {t.step}
        <Icon name="step" />
      </Button>
    </div>
  );
}

function PaceChoice() {
  const t = useText(playbackText);
  const pace = useMirror((s) => s.pace);
  const items: readonly { id: Pace; title: string; hint: string }[] = [
    { id: 'story', title: t.story, hint: t.storyHint },
    { id: '1x', title: '1×', hint: t.realTimeHint },
    { id: '10x', title: '10×', hint: t.tenTimesHint },
    { id: 'max', title: t.max, hint: t.maxHint },
  ];
  return <RadioGroup label={t.pace} items={items} value={pace} onChange={setPace} />;
}

function Clock() {
  const t = useText(playbackText);
  const time = useMirror((s) => clockText(s.at));
  const revision = useMirror((s) => s.revision);
  const settled = useMirror((s) => s.settled && !s.past);
  // Of the whole run so far: equal hashes mean equal runs, here and from the command line.
  const hash = useMirror((s) => s.hash);
  return (
    <div className="clock mono" data-hash={hash}>
      <b data-testid="clock">{time}</b>
      <span className="dim clock-revision">{t.revision(revision)}</span>
      {settled ? (
        <span title={t.settledHint} className="clock-settled">
          <Badge tone="ok">{t.settled}</Badge>
        </span>
      ) : null}
    </div>
  );
}

function Timeline() {
  const t = useText(playbackText);
  const at = useMirror((s) => s.at);
  const oldest = useMirror((s) => s.oldestAt);
  const live = useMirror((s) => s.liveAt);
  const marks = useMarks();
  return (
    <Slider
      label={t.timeline}
      min={oldest}
      max={Math.max(live, oldest + 1)}
      value={at}
      valueText={t.timelineValue(clockText(at), clockText(live))}
      marks={marks}
      keyStep={Math.max((live - oldest) * KEY_SHARE, 1)}
      onChange={scrubTo}
    />
  );
}

function useMarks(): readonly SliderMark[] {
  const t = useText(playbackText);
  const steps = useMirror((s) => s.steps);
  const acts = useMirror((s) => s.acts);
  const warnings = useWarnings();
  return useMemo(() => {
    const title = (mark: TimelineMark): string => {
      const object = refWords(mark.object);
      if (mark.sort === 'step') return t.markStep(mark.what, object);
      return mark.sort === 'act' ? t.markAct(mark.what, object) : t.markWarning(mark.what, object);
    };
    return [...stepMarks(steps), ...actMarks(acts), ...warnings].map((mark) => ({
      key: `${mark.sort} ${mark.at} ${mark.what} ${mark.object}`,
      value: mark.at,
      sort: mark.sort,
      title: title(mark),
    }));
  }, [steps, acts, warnings, t]);
}

/** Counted anew only when a warning was added, not with every frame. */
function useWarnings(): readonly TimelineMark[] {
  const known = useRef<readonly TimelineMark[]>([]);
  return useMirror((s) => {
    const rows = s.byKind.get('Event').map((ref) => s.objects.get(ref));
    const next = warningMarks(rows, s.epochMs);
    const same =
      next.length === known.current.length &&
      next.every((mark, i) => {
        const old = known.current[i];
        return old?.at === mark.at && old.object === mark.object && old.what === mark.what;
      });
    if (!same) known.current = next;
    return known.current;
  });
}

function BackToNow() {
  const t = useText(playbackText);
  const past = useMirror((s) => s.past);
  if (!past) return null;
  return (
    <Button look="primary" onClick={backToNow}>
      {t.backToNow}
    </Button>
  );
}
