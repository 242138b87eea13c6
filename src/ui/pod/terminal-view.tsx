/** A terminal in a container: `kubectl exec -it POD -c CONTAINER -- sh`, over virtual time. */
import { FitAddon } from '@xterm/addon-fit';
import { Terminal } from '@xterm/xterm';
import '@xterm/xterm/css/xterm.css';
import { useEffect, useRef } from 'react';
import type { PodInside } from '../../port/protocol-pod.ts';
import { podText } from '../i18n/pod.ts';
import { useText } from '../i18n/text.ts';
import { Button } from '../kit/button.tsx';
import { useMirror } from '../mirror/store.ts';
import { useSession } from '../session/session.ts';
import {
  closeShell,
  openShell,
  readShell,
  resizeShell,
  type Shell,
  typeInto,
  useShell,
} from './shells.ts';

const FONT_SIZE_PX = 13;
const SCROLLBACK_LINES = 5_000;
/** Of the terminal that a shell is opened for, before it is there to be measured. */
const FIRST_SIZE = { cols: 100, rows: 24 };

export function TerminalView(props: { readonly inside: PodInside; readonly container: string }) {
  const { inside, container } = props;
  const t = useText(podText);
  const pod = inside.ref;
  const shell = useShell(pod, container);
  const playing = useMirror((s) => s.playing);
  const past = useMirror((s) => s.past);
  const lane = inside.lanes.find((l) => l.name === container);
  const last = lane?.segments.findLast((s) => s.kind === 'run' || s.kind === 'stop');
  const runs = last?.to === null;
  return (
    <div className="pod-terminal">
      <div className="pane-tools">
        {shell === undefined ? (
          <Button
            look="primary"
            disabled={!runs}
            onClick={() => void openShell(pod, container, FIRST_SIZE)}
          >
            {t.connect}
          </Button>
        ) : (
          <Button onClick={() => closeShell(pod, container)}>{t.disconnect}</Button>
        )}
        <span role="status" className="dim small">
          {shellNote({ shell, runs, playing, past, t })}
        </span>
      </div>
      {shell === undefined ? null : (
        <Screen key={shell.stream} shell={shell} label={t.shellLabel(container)} />
      )}
    </div>
  );
}

function shellNote(now: {
  readonly shell: Shell | undefined;
  readonly runs: boolean;
  readonly playing: boolean;
  readonly past: boolean;
  readonly t: (typeof podText)['en'];
}): string {
  const { shell, runs, playing, past, t } = now;
  if (shell === undefined) return runs ? t.shellHint : t.notRunning;
  if (shell.end !== null) {
    const { exitCode, message } = shell.end;
    return t.shellEnded(exitCode === null ? message : t.exit(exitCode));
  }
  if (past) return t.shellPast;
  return playing ? '' : t.shellPaused;
}

function Screen({ shell, label }: { readonly shell: Shell; readonly label: string }) {
  const box = useRef<HTMLDivElement>(null);
  const terminal = useRef<Terminal | null>(null);
  const theme = useSession((s) => s.theme);
  const { stream } = shell;
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const made = new Terminal({
      fontFamily: styleOf(element, '--mono'),
      fontSize: FONT_SIZE_PX,
      scrollback: SCROLLBACK_LINES,
      screenReaderMode: true,
      cursorBlink: false,
    });
    const fit = new FitAddon();
    made.loadAddon(fit);
    made.open(element);
    made.textarea?.setAttribute('aria-label', label);
    terminal.current = made;
    let size = '';
    const measure = (): void => {
      fit.fit();
      const now = `${made.cols}x${made.rows}`;
      if (now === size) return;
      size = now;
      resizeShell(stream, made.cols, made.rows);
    };
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    const stopReading = readShell(stream, (text) => made.write(text));
    const typed = made.onData((text) => typeInto(stream, text));
    made.focus();
    return () => {
      terminal.current = null;
      observer.disconnect();
      stopReading();
      typed.dispose();
      made.dispose();
    };
  }, [stream, label]);
  useEffect(() => {
    const element = box.current;
    if (element === null || terminal.current === null) return;
    terminal.current.options.theme = {
      background: styleOf(element, '--panel'),
      foreground: styleOf(element, '--text'),
      cursor: styleOf(element, '--accent'),
      cursorAccent: styleOf(element, '--panel'),
      selectionBackground: styleOf(element, '--line2'),
    };
  }, [theme, stream]);
  return <div className="pod-screen" ref={box} />;
}

function styleOf(element: HTMLElement, name: string): string {
  return getComputedStyle(element).getPropertyValue(name).trim();
}
