/** Reads what the page about fidelity is made of from the disk. */
import fs from 'node:fs';
import path from 'node:path';
import type { Fidelity } from '../../api/meta/fidelity.ts';
import { fidelity, type RecordedResource } from './fidelity.ts';
import { Sources } from './sources.ts';

const FOLDERS = ['src/api', 'src/engine', 'src/kubectl'];
const DISCOVERY = 'src/testing/goldens/api/discovery';

export function readSources(root: string): Sources {
  const files = new Map<string, string>();
  for (const folder of FOLDERS) {
    for (const item of fs.readdirSync(path.join(root, folder), { recursive: true })) {
      const name = `${folder}/${String(item).split(path.sep).join('/')}`;
      if (!name.endsWith('.ts') || name.endsWith('.test.ts') || name.includes('/generated/'))
        continue;
      files.set(name, fs.readFileSync(path.join(root, name), 'utf8'));
    }
  }
  return new Sources(files);
}

interface ResourceList {
  readonly response: {
    readonly body?: {
      readonly kind?: string;
      readonly groupVersion?: string;
      readonly resources?: readonly {
        readonly name: string;
        readonly kind: string;
        readonly verbs: readonly string[];
      }[];
    };
  };
}

/** All resources that the recorded server lists. */
export function readDiscovery(root: string): readonly RecordedResource[] {
  const folder = path.join(root, DISCOVERY);
  const found: RecordedResource[] = [];
  for (const name of fs.readdirSync(folder).sort()) {
    if (!/^apis?\..*v\d+\.json$/.test(name)) continue;
    const file = JSON.parse(fs.readFileSync(path.join(folder, name), 'utf8')) as ResourceList;
    const { body } = file.response;
    if (body?.kind !== 'APIResourceList') continue;
    const [version = '', group = ''] = (body.groupVersion ?? '').split('/').reverse();
    for (const resource of body.resources ?? []) {
      found.push({
        group,
        version,
        name: resource.name,
        kind: resource.kind,
        verbs: resource.verbs,
      });
    }
  }
  return found;
}

export function readFidelity(root: string): Fidelity {
  return fidelity(readSources(root), readDiscovery(root));
}
