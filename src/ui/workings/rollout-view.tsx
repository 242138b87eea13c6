/** A rolling update: ReplicaSets trading Pods, between the bounds of maxSurge and maxUnavailable. */
import { useState } from 'react';
import type { RolloutSet, RolloutWorkings } from '../../port/protocol-workings.ts';
import { workingsText, type WorkingsText } from '../i18n/workings.ts';
import { useText } from '../i18n/text.ts';
import { Facts } from '../inspector/facts.tsx';
import { ObjectLink } from '../inspector/object-link.tsx';
import { Badge, type Tone } from '../kit/badge.tsx';
import { Button } from '../kit/button.tsx';
import { useMirror } from '../mirror/store.ts';
import { runCommand } from '../session/actions.ts';
import { Conditions, Countdown, Section, Sentences } from './kit.tsx';
import { barsOf, rolloutLines, tilesOf } from './rollout.ts';

const TONES: Readonly<Record<RolloutWorkings['state'], Tone>> = {
  complete: 'ok',
  paused: 'plain',
  moving: 'accent',
  waiting: 'warn',
  recreating: 'accent',
  late: 'danger',
};

export function RolloutView({ of }: { readonly of: RolloutWorkings }) {
  const t = useText(workingsText);
  const state = <Badge tone={TONES[of.state]}>{t.rolloutState[of.state]}</Badge>;
  const soaks =
    of.soakedMs === null ? null : (
      <>
        {t.rolloutSoaking(of.soaking, of.minReadySeconds)}: <Countdown ms={of.soakedMs} />
      </>
    );
  return (
    <Section title={t.rollout} aside={state}>
      <Sentences lines={[...rolloutLines(of, t), ...(soaks === null ? [] : [soaks])]} />
      {of.strategy === 'RollingUpdate' ? <Bars of={of} t={t} /> : null}
      <ul className="wk-sets" aria-label={t.rolloutSets}>
        {of.sets.map((set) => (
          <SetRow key={set.ref} set={set} t={t} />
        ))}
      </ul>
      <RolloutFacts of={of} t={t} />
      <Actions of={of} t={t} />
      <Conditions rows={of.conditions} />
    </Section>
  );
}

function RolloutFacts({ of, t }: { readonly of: RolloutWorkings; readonly t: WorkingsText }) {
  const rolling = of.strategy === 'RollingUpdate';
  return (
    <Facts
      facts={[
        { name: t.revision, value: of.revision === '' ? t.none : of.revision },
        ...(rolling
          ? [
              { name: 'maxSurge', value: asNumber(of.surgeText, of.surge) },
              { name: 'maxUnavailable', value: asNumber(of.unavailableText, of.unavailable) },
            ]
          : [{ name: 'strategy', value: of.strategy }]),
        { name: 'minReadySeconds', value: of.minReadySeconds },
        ...(of.deadlineMs === null
          ? []
          : [{ name: t.progressDeadline, value: <Countdown ms={of.deadlineMs} /> }]),
      ]}
    />
  );
}

/** `25% = 3`; a plain number as it is. */
function asNumber(text: string, value: number): string {
  return text === String(value) || text === '' ? String(value) : `${text} = ${value}`;
}

/** Two bars on one scale: the Pods there are, and those that are available. */
function Bars({ of, t }: { readonly of: RolloutWorkings; readonly t: WorkingsText }) {
  const { old, fresh, oldAvailable, freshAvailable, scale } = barsOf(of);
  const x = (n: number): number => (100 * n) / scale;
  const label = t.rolloutChart(old, fresh, of.most, of.available, of.least);
  const bar = (y: number, a: number, b: number) => (
    <>
      <rect className="wk-track" x="0" y={y} width="100" height="10" />
      <rect className="wk-old" x="0" y={y} width={x(a)} height="10" />
      <rect className="wk-new" x={x(a)} y={y} width={x(b)} height="10" />
    </>
  );
  return (
    <figure className="wk-bars">
      <figcaption>
        <span>
          {t.rolloutPods} <b className="mono">{old + fresh}</b>
        </span>
        <span className="dim mono">{t.rolloutMost(of.most, of.desired, of.surge)}</span>
      </figcaption>
      <svg viewBox="0 0 100 34" preserveAspectRatio="none" role="img" aria-label={label}>
        {bar(2, old, fresh)}
        <rect
          className="wk-limit"
          x={Math.max(x(of.most) - 0.6, 0)}
          y="0"
          width="0.6"
          height="14"
        />
        {bar(22, oldAvailable, freshAvailable)}
        <rect className="wk-limit" x={x(of.least)} y="20" width="0.6" height="14" />
      </svg>
      <figcaption>
        <span>
          {t.rolloutAvailable} <b className="mono">{of.available}</b>
        </span>
        <span className="dim mono">{t.rolloutLeast(of.least, of.desired, of.unavailable)}</span>
      </figcaption>
    </figure>
  );
}

function SetRow({ set, t }: { readonly set: RolloutSet; readonly t: WorkingsText }) {
  return (
    <li className="wk-set" data-new={set.isNew ? '' : undefined}>
      <span className="wk-set-head">
        <b className="mono">#{set.revision}</b>
        <ObjectLink target={set.ref} />
        {set.isNew ? <Badge tone="accent">{t.rolloutNew}</Badge> : null}
      </span>
      <span className="dim mono wk-image">{set.images}</span>
      <span className="wk-tiles" aria-hidden="true">
        {tilesOf(set).map((state, i) => (
          // oxlint-disable-next-line react/no-array-index-key -- Pods of one state are alike
          <i key={i} data-state={state} />
        ))}
      </span>
      <span className="small">{t.rolloutSet(set.size, set.ready, set.available)}</span>
    </li>
  );
}

function Actions({ of, t }: { readonly of: RolloutWorkings; readonly t: WorkingsText }) {
  const object = of.ref;
  const act = (name: 'pause' | 'resume' | 'undo' | 'restart') => (): void => {
    void runCommand({ type: 'rollout', act: name, object });
  };
  return (
    <div className="wk-actions">
      <ImageForm of={of} t={t} />
      <div className="actions">
        <Button
          title={of.paused ? t.resumeHint : t.pauseHint}
          onClick={act(of.paused ? 'resume' : 'pause')}
        >
          {of.paused ? t.resume : t.pause}
        </Button>
        <Button title={t.undoHint} onClick={act('undo')}>
          {t.undo}
        </Button>
        <Button title={t.restartHint} onClick={act('restart')}>
          {t.restart}
        </Button>
      </div>
    </div>
  );
}

interface Named {
  readonly name: string;
  readonly image: string;
}

function containersOf(object: unknown): readonly Named[] {
  const { spec } = (object ?? {}) as {
    spec?: { template?: { spec?: { containers?: readonly Named[] } } };
  };
  return spec?.template?.spec?.containers ?? [];
}

/** One container's image; with several, the one that is chosen. */
function ImageForm({ of, t }: { readonly of: RolloutWorkings; readonly t: WorkingsText }) {
  const object = useMirror((s) => s.whole.get(of.ref));
  const containers = containersOf(object);
  const [chosen, setChosen] = useState('');
  const [text, setText] = useState<string | null>(null);
  const container = containers.find((c) => c.name === chosen) ?? containers[0];
  if (container === undefined) return null;
  const image = text ?? container.image;
  return (
    <form
      className="wk-image-form"
      onSubmit={(event) => {
        event.preventDefault();
        const name = container.name;
        void runCommand({ type: 'set-image', object: of.ref, container: name, image });
        setText(null);
      }}
    >
      {containers.length > 1 ? (
        <select
          className="field mono"
          aria-label={t.container}
          value={container.name}
          onChange={(event) => {
            setChosen(event.target.value);
            setText(null);
          }}
        >
          {containers.map((c) => (
            <option key={c.name}>{c.name}</option>
          ))}
        </select>
      ) : null}
      <input
        className="field mono"
        aria-label={t.image}
        value={image}
        onChange={(event) => setText(event.target.value)}
      />
      <button type="submit" className="btn" disabled={image.trim() === ''}>
        {t.setImage}
      </button>
    </form>
  );
}
