/** What can be broken about a machine, each a command of the run. */
import { type MachineText, machineText } from '../i18n/machines.ts';
import { useText } from '../i18n/text.ts';
import { Menu, type MenuItem } from '../kit/menu.tsx';
import { useMirror } from '../mirror/store.ts';
import { runCommand, startComponent, stopComponent } from '../session/actions.ts';

/** More than any disk holds: the machine gives what is free. */
const ALL = Number.MAX_SAFE_INTEGER;
/** Half of what the kubelet wants to be free (evictionHard memory.available: 100Mi). */
const LEFT_BYTES = 50 * 1_024 * 1_024;

/** It does nothing, for long. */
const ALIEN = {
  name: 'alien',
  image: 'docker.io/library/busybox:1.36',
  argv: ['sleep', '1000000'],
} as const;

/** Seconds for all Pods, and of these for the critical ones. */
const GRACEFUL = { shutdownGracePeriodSeconds: 30, shutdownGracePeriodCriticalPodsSeconds: 10 };

export function NodeFaults({ node }: { readonly node: string }) {
  const t = useText(machineText);
  const memory = useMirror((s) => s.objects.get(`Node//${node}`)?.node?.memoryBytes ?? 0);
  const runtime = useMirror((s) => s.components.get(`containerd/${node}`)?.running !== false);
  const items = [...pressure(node, memory, t), ...services(node, runtime, t)];
  return (
    <Menu label={t.breakIt} items={items}>
      {t.breakIt}
    </Menu>
  );
}

function pressure(node: string, memory: number, t: MachineText): readonly MenuItem[] {
  const occupy = (diskBytes: number, memoryBytes: number) => () =>
    void runCommand({ type: 'occupy-node', node, diskBytes, memoryBytes });
  const most = Math.max(memory - LEFT_BYTES, 0);
  return [
    { id: 'disk', title: t.fillDisk, hint: t.fillDiskHint, run: occupy(ALL, 0) },
    { id: 'memory', title: t.fillMemory, hint: t.fillMemoryHint, run: occupy(0, most) },
    { id: 'free', title: t.free, hint: t.freeHint, run: occupy(0, 0) },
  ];
}

function services(node: string, running: boolean, t: MachineText): readonly MenuItem[] {
  const runtime = `containerd/${node}`;
  return [
    {
      id: 'alien',
      title: t.alien,
      hint: t.alienHint,
      run: () => void runCommand({ type: 'run-alien-container', node, ...ALIEN }),
    },
    {
      id: 'reboot',
      title: t.reboot,
      hint: t.rebootHint,
      run: () => void runCommand({ type: 'reboot-node', node }),
    },
    {
      id: 'shut-down',
      title: t.shutDown,
      hint: t.shutDownHint,
      run: () => void runCommand({ type: 'shut-down-node', node }),
    },
    {
      id: 'graceful',
      title: t.graceful,
      hint: t.gracefulHint,
      run: () => void runCommand({ type: 'configure-kubelet', node, settings: GRACEFUL }),
    },
    {
      id: 'kubelet',
      title: t.restartKubelet,
      hint: t.restartKubeletHint,
      run: () => void runCommand({ type: 'configure-kubelet', node, settings: {} }),
    },
    running
      ? {
          id: 'stop-runtime',
          title: t.stopRuntime,
          hint: t.stopRuntimeHint,
          run: () => void stopComponent(runtime),
        }
      : {
          id: 'start-runtime',
          title: t.startRuntime,
          hint: t.startRuntimeHint,
          run: () => void startComponent(runtime),
        },
  ];
}
