import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { kinds } from '../../api/kinds/index.ts';
import { fidelity, fileOf } from './fidelity.ts';
import { readDiscovery, readSources } from './files.ts';
import { headerOf } from './headers.ts';
import { page } from './html.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const sources = readSources(ROOT);
const recorded = readDiscovery(ROOT);
const all = fidelity(sources, recorded);
const served = kinds.filter((kind) => kind.isServed !== false);
const entryOf = (group: string, version: string, plural: string) =>
  all.kinds.find((k) => k.group === group && k.version === version && k.plural === plural);

describe('what is faithful, simplified and absent', () => {
  it.each(served)('$plural ($version) has an entry for every verb', (kind) => {
    const entry = entryOf(kind.group, kind.version, kind.plural);
    const verbs = kind.verbs ?? ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'];
    expect(entry?.verbs.map(({ name }) => name)).toEqual(expect.arrayContaining([...verbs]));
  });

  it('has an entry for everything that the recorded server lists', () => {
    const missing = recorded.filter(({ group, version, name, verbs }) => {
      const [plural = '', sub] = name.split('/');
      const entry = entryOf(group, version, plural);
      if (!entry) return true;
      if (sub !== undefined) return !entry.subresources.some((s) => s.name === sub);
      return verbs.some((verb) => !entry.verbs.some((v) => v.name === verb));
    });
    expect(recorded.length).toBeGreaterThan(100);
    expect(missing).toEqual([]);
  });

  it('claims nothing faithful whose header says simplified', () => {
    const wrong = served.filter((kind) => {
      const note = sources.header(fileOf(sources, kind))?.simplified ?? '';
      const entry = entryOf(kind.group, kind.version, kind.plural);
      return note !== '' && (entry?.rules !== 'simplified' || !entry.notes.includes(note));
    });
    expect(wrong.map((kind) => kind.plural)).toEqual([]);
    for (const { parts } of all.areas) {
      expect(parts.filter((p) => p.state === 'faithful' && p.notes.length > 0)).toEqual([]);
    }
  });

  it('says which subresources only refuse', () => {
    const proxy = entryOf('', 'v1', 'nodes')?.subresources.find((s) => s.name === 'proxy');
    expect(proxy).toMatchObject({ state: expect.stringMatching(/absent|simplified|faithful/) });
  });

  it('is written as a page that needs no script', () => {
    const html = page(all);
    expect(html).toContain('<html lang="en">');
    expect(html).not.toContain('<script');
    for (const { kind } of all.kinds) expect(html).toContain(kind);
  });
});

describe('headers', () => {
  it.each([
    ['/** Only a title. */', { title: 'Only a title', models: '', simplified: '' }],
    [
      '/**\n * Watches: everything.\n *\n * Models:     x.go,\n *             y.go\n * Simplified: one\n *             two\n *\n * 1. More.\n */',
      { title: 'Watches', models: 'x.go, y.go', simplified: 'one two' },
    ],
    [
      '/**\n * T.\n *\n * Simplified: nothing known\n */',
      { title: 'T', models: '', simplified: '' },
    ],
  ])('%j', (text, header) => {
    expect(headerOf(text)).toEqual(header);
  });

  it('are not in files without one', () => {
    expect(headerOf('export {};')).toBeNull();
  });
});
