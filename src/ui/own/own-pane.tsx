/** The place where readers write controllers: programs, their text, what runs, what it says. */
import { type ReactNode, useSyncExternalStore } from 'react';
import type { OwnControllerRow } from '../../port/protocol-own.ts';
import { ownText } from '../i18n/own.ts';
import { useText } from '../i18n/text.ts';
import { Button } from '../kit/button.tsx';
import { Icon } from '../kit/icons.tsx';
import { Menu } from '../kit/menu.tsx';
import { Tabs } from '../kit/tabs.tsx';
import { runCommand, startComponent, stopComponent } from '../session/actions.ts';
import { files as manifests, openFile } from '../session/files.ts';
import { OWN_EXAMPLES, type OwnExample } from './examples.ts';
import './own.css';
import { OwnLog } from './own-log.tsx';
import { ProgramEditor } from './program-editor.tsx';
import {
  addProgram,
  changeProgram,
  deleteProgram,
  openAt,
  openProgram,
  problemsOf,
  type Program,
  revealLine,
  setProgramProblems,
  usePrograms,
} from './programs.ts';
import { useOwnControllers } from './use-own-controllers.ts';

interface OwnPaneProps {
  readonly onClose: () => void;
}

export function OwnPane({ onClose }: OwnPaneProps) {
  const t = useText(ownText);
  const view = useOwnControllers();
  const program = usePrograms(openProgram);
  const row = view.controllers.find((c) => c.name === program?.name);
  return (
    <section className="own" aria-label={t.title} style={{ top: useTop() }}>
      <header className="own-head">
        <h2>{t.title}</h2>
        <ExampleMenu />
        <Button look="ghost" icon label={t.close} onClick={onClose}>
          <Icon name="close" />
        </Button>
      </header>
      {program === undefined ? (
        <Start />
      ) : (
        <Opened>
          <Form program={program} />
          <Manifests program={program} />
          <OpenEditor program={program} onStart={() => void start(program, view.look)} />
          <Problems name={program.name} />
          <Acts program={program} row={row} look={view.look} />
          <Help />
        </Opened>
      )}
      <OwnLog lines={view.lines} onClear={view.clear} />
    </section>
  );
}

/** Below the rows of time: one goes on playing and stepping while one writes. */
function useTop(): number {
  return useSyncExternalStore(onResize, topOfMain);
}

function onResize(changed: () => void): () => void {
  window.addEventListener('resize', changed);
  return () => window.removeEventListener('resize', changed);
}

function topOfMain(): number {
  return document.getElementById('main')?.getBoundingClientRect().top ?? 0;
}

function OpenEditor({ program, onStart }: { program: Program; onStart: () => void }) {
  const problems = usePrograms(problemsOf(program.name));
  return <ProgramEditor program={program} problems={problems} onStart={onStart} />;
}

/** Nothing has been written yet: what this is, and something to begin with. */
function Start() {
  const t = useText(ownText);
  return (
    <div className="own-start">
      <p>{t.intro}</p>
      <ul>
        {OWN_EXAMPLES.map((example) => (
          <li key={example.id}>
            <Button onClick={() => open(example)}>{t.exampleNames[example.id]}</Button>{' '}
            <span className="dim">{t.exampleHints[example.id]}</span>
          </li>
        ))}
      </ul>
      <Help />
    </div>
  );
}

function Opened({ children }: { readonly children: ReactNode }) {
  const t = useText(ownText);
  const list = usePrograms((s) => s.programs);
  const active = usePrograms((s) => s.open);
  return (
    <Tabs
      label={t.programs}
      tabs={list.map(({ name }, i) => ({ id: String(i), title: name }))}
      active={String(active)}
      onChange={(id) => openAt(Number(id))}
    >
      <div className="own-opened">{children}</div>
    </Tabs>
  );
}

function ExampleMenu() {
  const t = useText(ownText);
  return (
    <Menu
      label={t.example}
      look="ghost"
      side="end"
      items={OWN_EXAMPLES.map((example) => ({
        id: example.id,
        title: t.exampleNames[example.id],
        hint: t.exampleHints[example.id],
        run: () => open(example),
      }))}
    />
  );
}

function open({ files, program }: OwnExample): void {
  addProgram(program);
  for (const { name, text } of files) openFile(name, text);
}

function Form({ program }: { readonly program: Program }) {
  const t = useText(ownText);
  return (
    <div className="own-form">
      <label>
        {t.name}{' '}
        <input
          className="field mono"
          value={program.name}
          spellCheck={false}
          onChange={(event) => changeProgram({ name: event.target.value })}
        />
      </label>
      <label>
        {t.account}{' '}
        <input
          className="field mono"
          value={program.serviceAccount}
          spellCheck={false}
          onChange={(event) => changeProgram({ serviceAccount: event.target.value })}
        />
      </label>
      <label>
        {t.language}{' '}
        <select
          className="field"
          value={program.language}
          onChange={({ target: { value } }) =>
            changeProgram({ language: value === 'javascript' ? value : 'typescript' })
          }
        >
          <option value="typescript">TypeScript</option>
          <option value="javascript">JavaScript</option>
        </select>
      </label>
    </div>
  );
}

/** What belongs to an example, applied from here: the kind and the rights, then a sample. */
function Manifests({ program }: { readonly program: Program }) {
  const t = useText(ownText);
  const example = OWN_EXAMPLES.find(({ id }) => id === program.example);
  if (example === undefined) return null;
  return (
    <div className="own-form" role="group" aria-label={t.manifests}>
      {example.files.map(({ name, text }) => (
        <Button key={name} title={t.applyHint} onClick={() => void apply(name, text)}>
          {t.apply(name)}
        </Button>
      ))}
    </div>
  );
}

/** As it stands in the manifest editor, where the reader may have changed it. */
async function apply(name: string, example: string): Promise<void> {
  const { files } = manifests.getState();
  const text = files.find((file) => file.name === name)?.text ?? example;
  await runCommand({ type: 'apply', file: name, text });
}

function Problems({ name }: { readonly name: string }) {
  const t = useText(ownText);
  const problems = usePrograms(problemsOf(name));
  if (problems.length === 0) return null;
  return (
    <ul className="own-problems" aria-label={t.problems}>
      {problems.map(({ line, message }) => (
        <li key={message}>
          {line === undefined ? null : (
            <Button look="link" onClick={() => revealLine(name, line)}>
              {t.line(line)}
            </Button>
          )}{' '}
          {message}
        </li>
      ))}
    </ul>
  );
}

interface ActsProps {
  readonly program: Program;
  readonly row: OwnControllerRow | undefined;
  readonly look: () => void;
}

function Acts({ program, row, look }: ActsProps) {
  const t = useText(ownText);
  const { name } = program;
  const isStopped = row?.state === 'stopped';
  const act = (doing: Promise<unknown>): void => void doing.then(look);
  return (
    <div className="own-acts">
      <Button look="primary" title={t.startHint} onClick={() => void start(program, look)}>
        {row === undefined ? t.start : t.replace}
      </Button>
      {row === undefined ? null : (
        <>
          <Button onClick={() => act(isStopped ? startComponent(name) : stopComponent(name))}>
            {isStopped ? t.startAgain : t.stop}
          </Button>
          <Button onClick={() => act(runCommand({ type: 'remove-controller', name }))}>
            {t.remove}
          </Button>
        </>
      )}
      <Button look="ghost" onClick={deleteProgram}>
        {t.deleteProgram}
      </Button>
      <Standing program={program} row={row} />
    </div>
  );
}

function Standing({ program, row }: Omit<ActsProps, 'look'>) {
  const t = useText(ownText);
  const state = row?.state ?? 'none';
  return (
    <p className="own-standing" role="status" data-state={state}>
      <strong>{t.states[state]}</strong>{' '}
      {row === undefined ? null : (
        <>
          {row.message}{' '}
          <span className="dim">
            {t.counts(row.done, row.failed, row.restarts)}.{' '}
            {row.source === program.source ? t.sameAsRunning : t.changed}
          </span>
        </>
      )}
    </p>
  );
}

function Help() {
  const t = useText(ownText);
  return (
    <details className="own-help">
      <summary>{t.help}</summary>
      {Object.values(t.helpText).map((text) => (
        <p key={text}>{text}</p>
      ))}
    </details>
  );
}

async function start(program: Program, look: () => void): Promise<void> {
  const { language, name, serviceAccount, source } = program;
  const command = { type: 'controller', name, language, source, serviceAccount } as const;
  const result = await runCommand(command);
  if (result !== null) setProgramProblems(name, result.problems);
  look();
}
