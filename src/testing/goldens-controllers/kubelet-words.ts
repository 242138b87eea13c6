/** What the recordings say in words about their stand-in for the kubelets, as rules and acts. */
import type { Stage, WorkerRules, Workers } from '../stand-in/workers.ts';

/** Of a whole case: how Pods live when nothing else was seen of them. */
export function rulesOf(text: string): WorkerRules {
  const never = /pods of image (\S+) never (start|become ready)/.exec(text);
  const ready = /Ready (?:at )?([\d.]+) s/.exec(text);
  const running = /Running unready at ([\d.]+) s/.exec(text);
  const until = /unready until ([\d.]+) s/.exec(text);
  const gone = /gone ([\d.]+) s|pods take ([\d.]+) s/.exec(text);
  const stages = (image: string, restart: string, name: string): readonly Stage[] => {
    if (/pods named pend\*/.test(text) && name.startsWith('pend')) return [];
    if (text.startsWith('pods never ready'))
      return [{ after: 0.3, phase: 'Running', ready: false }];
    if (never?.[1] === image) {
      return never[2] === 'start' ? [] : [{ after: 0.3, phase: 'Running', ready: false }];
    }
    const list: Stage[] = [];
    if (running) list.push({ after: Number(running[1]), phase: 'Running', ready: false });
    if (until) list.push({ after: 0.3, phase: 'Running', ready: false });
    const after = Number(until?.[1] ?? ready?.[1] ?? 0.3);
    list.push({ after, phase: 'Running', ready: true });
    if (restart !== 'Always') list.push({ after: 0.7, phase: 'Succeeded', ready: false });
    return list;
  };
  return {
    stages: (pod) =>
      stages(pod.spec.containers[0]?.image ?? '', pod.spec.restartPolicy ?? '', pod.metadata.name),
    ...(gone ? { goneAfter: Number(gone[1] ?? gone[2]) } : {}),
  };
}

/** Something that happened during a case; false when its words are not known. */
export function actAsKubelet(workers: Workers, text: string, byText: boolean): boolean {
  const nodes = text.match(/\bn\d\b/g) ?? [];
  if (/stop: no lease/.test(text)) for (const n of nodes) workers.silent.add(n);
  else if (/come back/.test(text)) for (const n of nodes) workers.wake(n);
  else if (/posts Ready=True/.test(text)) for (const n of nodes) workers.setReady(n, 'True');
  else if (/posts Ready=False/.test(text)) for (const n of nodes) workers.setReady(n, 'False');
  else if (/status of pod .* Ready=True/.test(text) && byText) workers.rewriteStatuses();
  else if (/status of pod/.test(text))
    return true; // in the recorded life of the Pod
  else return false;
  return true;
}
