/** Files of a folder are those of a node's manifest folder, as long as somebody follows it. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { NodeCommand } from '../../port/protocol-node.ts';
import { followFolder, parseFolder } from './manifest-folder.ts';

let dir = '';
beforeEach(() => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'kubeglass-manifests-'));
});
afterEach(() => fs.rmSync(dir, { recursive: true, force: true }));

describe('a folder of manifests', () => {
  it('is named with its node', () => {
    expect(parseFolder('node-1=./a=b')).toEqual({ node: 'node-1', dir: './a=b' });
    expect(['node-1', '=x', 'node-1='].map(parseFolder)).toEqual([null, null, null]);
  });

  it('gives what it has, what comes, and what goes', async () => {
    const disk = new Map([['/etc/kubernetes/manifests/same.yaml', 'same']]);
    const given: NodeCommand[] = [];
    fs.writeFileSync(path.join(dir, 'same.yaml'), 'same');
    fs.writeFileSync(path.join(dir, 'web.yaml'), 'web');
    fs.writeFileSync(path.join(dir, '.web.yaml.swp'), 'hidden');
    const end = followFolder(
      { node: 'node-1', dir },
      {
        read: (_, file) => disk.get(file),
        give: (command) => {
          given.push(command);
          if (command.type !== 'write-node-file') return;
          if (command.content === null) disk.delete(command.path);
          else disk.set(command.path, command.content);
        },
        failed: (message) => expect.fail(message),
      },
    );
    const web = '/etc/kubernetes/manifests/web.yaml';
    const write = { type: 'write-node-file', node: 'node-1', path: web } as const;
    expect(given).toEqual([{ ...write, content: 'web' }]);
    fs.rmSync(path.join(dir, 'web.yaml'));
    await expect.poll(() => given.length, { timeout: 5_000 }).toBe(2);
    expect(given[1]).toEqual({ ...write, content: null });
    end();
  });
});
