/** Acts on files whose code is loaded when they are first asked for. */
import type { RunFile } from '../../port/protocol.ts';

const runFiles = () => import('./run-files.ts');

export const saveRun = (): Promise<void> => runFiles().then((m) => m.saveRun());

export const downloadRun = (run: RunFile): Promise<void> =>
  runFiles().then((m) => m.downloadRun(run));

export const download = (name: string, text: string, type: string): Promise<void> =>
  runFiles().then((m) => m.download(name, text, type));

export const exportYaml = (): Promise<void> => runFiles().then((m) => m.exportYaml());

export const openRunFile = (file: File): Promise<void> =>
  runFiles().then((m) => m.openRunFile(file));

export const openRun = (run: RunFile, name: string): Promise<void> =>
  runFiles().then((m) => m.openRun(run, name));

export const openLocalFiles = (list: Iterable<File>): Promise<void> =>
  runFiles().then((m) => m.openLocalFiles(list));

export const shareManifest = (): Promise<void> =>
  import('./share.ts').then((m) => m.shareManifest());

/** Opens the manifest that the address holds; most addresses hold none. */
export const openShared = (fragment: string): Promise<void> =>
  fragment === '' ? Promise.resolve() : import('./share.ts').then((m) => m.openShared(fragment));
