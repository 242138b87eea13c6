/** Search over names: all words must occur; names that begin with the text come first. */
export interface FindEntry {
  readonly id: string;
  readonly title: string;
  readonly sort: string;
  readonly run: () => void;
}

const FOUND_SHOWN = 30;

export function findEntries(entries: readonly FindEntry[], text: string): readonly FindEntry[] {
  const words = text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  const found: { readonly entry: FindEntry; readonly rank: number }[] = [];
  for (const entry of entries) {
    const title = entry.title.toLowerCase();
    if (!words.every((word) => title.includes(word))) continue;
    const first = words[0] ?? '';
    found.push({ entry, rank: title.startsWith(first) ? 0 : 1 });
  }
  return found
    .sort((a, b) => a.rank - b.rank)
    .slice(0, FOUND_SHOWN)
    .map(({ entry }) => entry);
}
