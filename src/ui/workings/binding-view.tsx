/** From a claim to its volume, link by link, and why it goes no further. */
import type { BindingLink, BindingWorkings } from '../../port/protocol-workings.ts';
import { workingsText, type WorkingsText } from '../i18n/workings.ts';
import { useText } from '../i18n/text.ts';
import { Button } from '../kit/button.tsx';
import { middleShort } from '../kit/format.ts';
import { Icon, type IconName } from '../kit/icons.tsx';
import { selectObject } from '../session/session.ts';
import { Section, Sentences } from './kit.tsx';

/** An attachment is named after a hash. */
const NAME_CHARS = 42;

const ICONS: Readonly<Record<BindingLink['state'], IconName>> = {
  done: 'completed',
  waiting: 'starting',
  missing: 'waiting',
  failed: 'failed',
};

export function BindingView({ of }: { readonly of: BindingWorkings }) {
  const t = useText(workingsText);
  return (
    <Section title={t.binding}>
      {of.chains.length === 0 ? <p className="dim">{t.noClaims}</p> : null}
      {of.chains.map((chain, i) => (
        <div key={chain.links[0]?.ref ?? i}>
          <Sentences lines={[chainLine(chain, t)]} />
          <ol className="wk-chain">
            {chain.links.map((link) => (
              <Link key={link.role} link={link} t={t} />
            ))}
          </ol>
        </div>
      ))}
      {of.more > 0 ? <p className="dim small">{t.more(of.more)}</p> : null}
    </Section>
  );
}

export function chainLine(chain: BindingWorkings['chains'][number], t: WorkingsText): string {
  if (chain.wait !== null) return t.wait[chain.wait];
  return chain.links[0]?.role === 'claim' ? t.bound : t.noClaims;
}

function Link({ link, t }: { readonly link: BindingLink; readonly t: WorkingsText }) {
  const { facts, name, ref, role, state, status } = link;
  return (
    <li className="wk-link" data-state={state}>
      <Icon name={ICONS[state]} size={12} />
      <span className="sr-only">{t.linkState[state]}</span>
      <span className="wk-link-body">
        <span>
          <span className="dim">{t.role[role]}</span>{' '}
          {ref === '' ? (
            <span className="mono">{name === '' ? t.notYet : name}</span>
          ) : (
            <Button look="link" onClick={() => selectObject(ref)}>
              <span className="mono" title={name}>
                {middleShort(name, NAME_CHARS)}
              </span>
            </Button>
          )}
          {status === '' ? null : <span className="mono wk-status"> {status}</span>}
        </span>
        {facts.map(([key, value]) =>
          value === '' ? null : (
            <span key={key} className="dim small mono">
              {key}: {value}
            </span>
          ),
        )}
      </span>
    </li>
  );
}
