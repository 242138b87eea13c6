/** What can be broken about the Pod that is open, each a command of the run. */
import type { ObjectRow } from '../../port/protocol.ts';
import type { PodInside } from '../../port/protocol-pod.ts';
import { type PodText, podText } from '../i18n/pod.ts';
import { useText } from '../i18n/text.ts';
import { Menu, type MenuItem } from '../kit/menu.tsx';
import { type MirrorState } from '../mirror/state.ts';
import { useMirror } from '../mirror/store.ts';
import { deleteObject, runCommand, startComponent, stopComponent } from '../session/actions.ts';

const NONE: PodInside['registries'] = [];

export function Faults({ row }: { readonly row: ObjectRow }) {
  const t = useText(podText);
  const kubelet = `kubelet/${row.pod?.node ?? ''}`;
  const state = useMirror((s) => componentState(s, kubelet));
  const registries = useMirror((s) => (s.pod?.ref === row.ref ? s.pod.registries : NONE));
  const items = [
    ...podFaults(row, t),
    ...registryFaults(registries, t),
    ...nodeFaults(row.pod?.node ?? '', state, t),
  ];
  return (
    <Menu label={t.faults} side="end" items={items}>
      {t.faults}
    </Menu>
  );
}

function registryFaults(registries: PodInside['registries'], t: PodText): readonly MenuItem[] {
  return registries.map(({ domain, down }) => ({
    id: `registry ${domain}`,
    title: down ? t.fault.registryUp(domain) : t.fault.registryDown(domain),
    hint: down ? t.fault.registryUpHint : t.fault.registryDownHint,
    run: () => void runCommand({ type: 'set-registry', domain, down: !down }),
  }));
}

function componentState(s: MirrorState, name: string): 'none' | 'running' | 'stopped' {
  const component = s.components.get(name);
  if (component === undefined) return 'none';
  return component.running ? 'running' : 'stopped';
}

function podFaults(row: ObjectRow, t: PodText): readonly MenuItem[] {
  const { ref, deleting } = row;
  const running = (row.pod?.containers ?? []).filter((c) => c.state === 'running');
  const kill = running.map(({ name }) => ({
    id: `kill ${name}`,
    title: t.fault.killContainer(name),
    hint: t.fault.killContainerHint,
    run: () => void runCommand({ type: 'kill-container', pod: ref, container: name }),
  }));
  const sandbox = {
    id: 'sandbox',
    title: t.fault.killSandbox,
    hint: t.fault.killSandboxHint,
    run: () => void runCommand({ type: 'kill-sandbox', pod: ref }),
  };
  const end = deleting
    ? {
        id: 'force',
        title: t.fault.forceDelete,
        hint: t.fault.forceDeleteHint,
        run: () => void deleteObject(ref, 0),
      }
    : {
        id: 'delete',
        title: t.fault.deletePod,
        hint: t.fault.deletePodHint,
        run: () => void deleteObject(ref),
      };
  return [...kill, ...(row.pod?.ip ? [sandbox] : []), end];
}

function nodeFaults(
  node: string,
  state: 'none' | 'running' | 'stopped',
  t: PodText,
): readonly MenuItem[] {
  const kubelet = `kubelet/${node}`;
  if (state === 'none') return [];
  if (state === 'stopped') {
    return [
      {
        id: 'start-kubelet',
        title: t.fault.startKubelet(node),
        hint: t.fault.startKubeletHint,
        run: () => void startComponent(kubelet),
      },
    ];
  }
  return [
    {
      id: 'stop-kubelet',
      title: t.fault.stopKubelet(node),
      hint: t.fault.stopKubeletHint,
      run: () => void stopComponent(kubelet),
    },
  ];
}
