/** A StatefulSet's places in a row: who holds them, which one is waited for, and why. */
import type { OrdinalPlace, OrdinalWorkings, PlaceState } from '../../port/protocol-workings.ts';
import { workingsText, type WorkingsText } from '../i18n/workings.ts';
import { useText } from '../i18n/text.ts';
import { Badge } from '../kit/badge.tsx';
import { Button } from '../kit/button.tsx';
import { middleShort } from '../kit/format.ts';
import { Icon, type IconName } from '../kit/icons.tsx';
import { refParts } from '../mirror/refs.ts';
import { selectObject } from '../session/session.ts';
import { Section, Sentences } from './kit.tsx';
import { ordinalLines } from './ordinals.ts';

/** Made volumes are named after a uid; its ends tell them apart. */
const VOLUME_CHARS = 18;

const ICONS: Readonly<Record<PlaceState, IconName>> = {
  missing: 'waiting',
  pending: 'waiting',
  unready: 'starting',
  soaking: 'starting',
  available: 'running',
  terminating: 'close',
  failed: 'failed',
};

export function OrdinalsView({ of }: { readonly of: OrdinalWorkings }) {
  const t = useText(workingsText);
  return (
    <Section title={t.ordinals} aside={<Badge>{of.policy}</Badge>}>
      <Sentences lines={ordinalLines(of, t)} />
      <ol className="wk-places" aria-label={t.ordinals}>
        {of.places.map((place) => (
          <Place key={place.ordinal} place={place} of={of} t={t} />
        ))}
      </ol>
      {of.more > 0 ? <p className="dim small">{t.more(of.more)}</p> : null}
    </Section>
  );
}

interface PlaceProps {
  readonly place: OrdinalPlace;
  readonly of: OrdinalWorkings;
  readonly t: WorkingsText;
}

function Place({ place, of, t }: PlaceProps) {
  const { claims, condemned, ordinal, pod, revision, state } = place;
  const isWaited = of.waitsFor?.ordinal === ordinal;
  const name = `${refParts(pod).name}: ${t.ordinalState[state]}`;
  return (
    <li
      className="wk-place"
      data-state={state}
      data-waited={isWaited ? '' : undefined}
      data-condemned={condemned ? '' : undefined}
      aria-current={isWaited ? 'step' : undefined}
    >
      <button
        type="button"
        className="wk-place-pod"
        title={name}
        disabled={state === 'missing'}
        onClick={() => selectObject(pod)}
      >
        <b className="mono">{ordinal}</b>
        <Icon name={ICONS[state]} size={12} />
        <span className="sr-only">{name}</span>
      </button>
      <span className="wk-place-text">
        <span>
          {t.ordinalState[state]}
          {condemned ? ` · ${t.condemned}` : ''}
          {revision === 0 ? '' : ' · '}
          {revision === 0 ? null : (
            <span className="mono" data-old={revision === of.updateRevision ? undefined : ''}>
              #{revision}
            </span>
          )}
        </span>
        {claims.map((claim) => (
          <span key={claim.ref} className="small dim">
            <Button look="link" onClick={() => selectObject(claim.ref)}>
              <span className="mono">{refParts(claim.ref).name}</span>
            </Button>{' '}
            {claim.phase}
            {claim.volume === '' ? '' : ` → ${middleShort(claim.volume, VOLUME_CHARS)}`}
          </span>
        ))}
      </span>
    </li>
  );
}
