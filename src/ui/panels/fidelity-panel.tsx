/** "What is simulated": every kind and verb, every controller and plugin, as the build wrote it down. */
import { useEffect, useState } from 'react';
import type {
  AreaFidelity,
  Entry,
  Fidelity,
  KindFidelity,
  PartFidelity,
  State,
} from '../../api/meta/fidelity.ts';
import { fidelityText } from '../i18n/fidelity.ts';
import { shellText } from '../i18n/shell.ts';
import { useText } from '../i18n/text.ts';
import { Dialog } from '../kit/dialog.tsx';
import { session } from '../session/session.ts';
import './fidelity.css';

const STATES: readonly State[] = ['faithful', 'simplified', 'absent'];

type Loaded = { readonly data: Fidelity } | { readonly failed: string } | null;

/** Beside the page, whatever path that has. */
async function load(): Promise<Loaded> {
  try {
    const response = await fetch('fidelity.json');
    if (!response.ok) return { failed: String(response.status) };
    return { data: (await response.json()) as Fidelity };
  } catch (error) {
    return { failed: error instanceof Error ? error.message : String(error) };
  }
}

export function FidelityPanel() {
  const t = useText(shellText);
  const words = useText(fidelityText);
  const [loaded, setLoaded] = useState<Loaded>(null);
  const [filter, setFilter] = useState('');
  useEffect(() => {
    let isOpen = true;
    void load().then((result) => {
      if (isOpen) setLoaded(result);
    });
    return () => {
      isOpen = false;
    };
  }, []);
  return (
    <Dialog
      title={t.simulated}
      closeLabel={t.close}
      onClose={() => session.setState({ fidelityOpen: false })}
    >
      {loaded === null ? <p role="status">{words.loading}</p> : null}
      {loaded !== null && 'failed' in loaded ? (
        <p role="alert">{words.failed(loaded.failed)}</p>
      ) : null}
      {loaded !== null && 'data' in loaded ? (
        <Contents data={loaded.data} filter={filter} onFilter={setFilter} />
      ) : null}
    </Dialog>
  );
}

interface ContentsProps {
  readonly data: Fidelity;
  readonly filter: string;
  readonly onFilter: (filter: string) => void;
}

function Contents({ data, filter, onFilter }: ContentsProps) {
  const words = useText(fidelityText);
  const { kinds, areas } = filtered(data, filter);
  const count = kinds.length + areas.reduce((n, { parts }) => n + parts.length, 0);
  return (
    <div className="fidelity">
      <p>
        {words.intro(data.version)}{' '}
        <a href="fidelity.html" target="_blank" rel="noreferrer">
          {words.page}
        </a>
      </p>
      <ul className="fidelity-states">
        {STATES.map((state) => (
          <li key={state}>
            <Mark state={state} />: {words.meaning[state]}
          </li>
        ))}
      </ul>
      <label className="inline-label">
        {words.filter}{' '}
        <input
          type="search"
          value={filter}
          placeholder={words.filterHint}
          onChange={(event) => onFilter(event.target.value)}
        />
      </label>{' '}
      <span role="status">{words.found(count)}</span>
      {kinds.length > 0 ? <Kinds kinds={kinds} /> : null}
      {areas.map((area) => (
        <Area key={area.name} area={area} />
      ))}
    </div>
  );
}

/** Pure: what has |filter| somewhere in its words. */
function filtered(data: Fidelity, filter: string): Pick<Fidelity, 'kinds' | 'areas'> {
  const wanted = filter.trim().toLowerCase();
  if (wanted === '') return data;
  const has = (item: KindFidelity | PartFidelity): boolean =>
    JSON.stringify(item).toLowerCase().includes(wanted);
  return {
    kinds: data.kinds.filter(has),
    areas: data.areas
      .map((area) => ({ ...area, parts: area.parts.filter(has) }))
      .filter(({ parts }) => parts.length > 0),
  };
}

function Kinds({ kinds }: { readonly kinds: readonly KindFidelity[] }) {
  const words = useText(fidelityText);
  return (
    <table className="table" aria-label={words.kinds}>
      <caption>{words.kinds}</caption>
      <thead>
        <tr>
          <th scope="col">{words.kind}</th>
          <th scope="col">{words.rules}</th>
          <th scope="col">{words.verbs}</th>
          <th scope="col">{words.differences}</th>
        </tr>
      </thead>
      <tbody>
        {kinds.map((kind) => (
          <tr key={`${kind.group}/${kind.version}/${kind.plural}`}>
            <th scope="row">
              {kind.kind}{' '}
              <small>{kind.group === '' ? kind.version : `${kind.group}/${kind.version}`}</small>
            </th>
            <td>
              <Mark state={kind.rules} />
            </td>
            <td>
              <Entries entries={[...kind.verbs, ...kind.subresources]} />
            </td>
            <td>
              <Notes notes={notesOf(kind, words.unsupported)} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** What is different about verbs is the same for all kinds and stands in a table of its own. */
function notesOf(kind: KindFidelity, unsupported: (field: string) => string): readonly string[] {
  const ofSubresources = kind.subresources.flatMap(({ name, note }) =>
    note === undefined ? [] : [`${name}: ${note}`],
  );
  return [...kind.notes, ...ofSubresources, ...kind.unsupported.map(unsupported)];
}

function Entries({ entries }: { readonly entries: readonly Entry[] }) {
  return STATES.map((state) => {
    const those = entries.filter((entry) => entry.state === state);
    if (those.length === 0) return null;
    return (
      <div key={state}>
        <Mark state={state} />: {those.map(({ name }) => name).join(', ')}
      </div>
    );
  });
}

function Area({ area: { name, parts } }: { readonly area: AreaFidelity }) {
  const words = useText(fidelityText);
  return (
    <table className="table" aria-label={name}>
      <caption>{name}</caption>
      <thead>
        <tr>
          <th scope="col">{words.part}</th>
          <th scope="col">{words.state}</th>
          <th scope="col">{words.differences}</th>
        </tr>
      </thead>
      <tbody>
        {parts.map((part) => (
          <tr key={part.name}>
            <th scope="row">{part.name}</th>
            <td>
              <Mark state={part.state} />
            </td>
            <td>
              <Notes notes={part.notes} />
              {part.models === undefined ? null : <small>{part.models}</small>}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Notes({ notes }: { readonly notes: readonly string[] }) {
  if (notes.length === 0) return null;
  return (
    <ul>
      {notes.map((note) => (
        <li key={note}>{note}</li>
      ))}
    </ul>
  );
}

function Mark({ state }: { readonly state: State }) {
  const words = useText(fidelityText);
  return <span data-fidelity={state}>{words.states[state]}</span>;
}
