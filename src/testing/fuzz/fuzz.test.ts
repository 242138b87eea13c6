import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { basesIn } from './bases.ts';
import { fuzz } from './fuzz.ts';
import { RECORDED } from './server-errors.ts';

const GOLDENS = path.resolve(import.meta.dirname, '../goldens');
const files = {
  list: (folder: string) =>
    fs
      .readdirSync(path.join(GOLDENS, folder))
      .sort()
      .map((name) => `${folder}/${name}`),
  read: (file: string) => fs.readFileSync(path.join(GOLDENS, file), 'utf8'),
};
const bases = basesIn(files);
const COUNT = 2_000;

describe('random manifests and patches', () => {
  it('are answered, and stored as they are answered', () => {
    const { tally, failure } = fuzz(bases, { count: COUNT, seed: 1 });
    expect(failure).toBeNull();
    expect(tally.accepted).toBeGreaterThan(COUNT / 5);
  });

  it('are the same for the same seed', () => {
    const digest = (seed: number) => fuzz(bases, { count: 50, seed }).tally.digest;
    expect(digest(7)).toBe(digest(7));
    expect(digest(7)).not.toBe(digest(8));
  });
});

describe('classes of server errors', () => {
  it('are those that the recordings show, no more and no fewer', () => {
    const messages = ['api/errors', 'api/sequences'].flatMap((folder) =>
      files.list(folder).flatMap((file) => serverErrors(JSON.parse(files.read(file)))),
    );
    const matching = (message: string) => RECORDED.filter((pattern) => pattern.test(message));
    expect(messages.filter((message) => matching(message).length === 0)).toEqual([]);
    expect(new Set(messages.flatMap(matching)).size).toBe(RECORDED.length);
  });
});

/** Messages of all Status objects with a code of 500 and above in |node|. */
function serverErrors(node: unknown): readonly string[] {
  if (typeof node !== 'object' || node === null) return [];
  const { kind, code, message } = node as { kind?: unknown; code?: unknown; message?: unknown };
  const own = kind === 'Status' && typeof code === 'number' && code >= 500 ? [String(message)] : [];
  return [...own, ...Object.values(node).flatMap(serverErrors)];
}
