import { describe, expect, it } from 'vitest';
import { activityText } from './activity.ts';
import { inspectorText } from './inspector.ts';
import { messageText } from './messages.ts';
import { narrationText } from './narration.ts';
import { playbackText, stepsText } from './playback.ts';
import { keysText, shellText } from './shell.ts';
import type { Texts } from './text.ts';

const CATALOGUES: Readonly<Record<string, Texts<object>>> = {
  activityText,
  inspectorText,
  keysText,
  messageText,
  narrationText,
  playbackText,
  shellText,
  stepsText,
};

/** Texts that are the same in both languages: Kubernetes' own words, numbers, names. */
const SAME = new Set([
  'YAML',
  'Kubeglass',
  'IP',
  'CPU',
  'Pod',
  // Functions that put API words together.
  '(function)',
]);

function leaves(value: unknown, path: string): [string, string][] {
  if (typeof value === 'function') return [[path, '(function)']];
  if (typeof value === 'string') return [[path, value]];
  return Object.entries(value as object).flatMap(([key, v]) => leaves(v, `${path}.${key}`));
}

describe.each(Object.entries(CATALOGUES))('%s', (_name, texts) => {
  const english = leaves(texts.en, '');
  const chinese = leaves(texts['zh-CN'], '');

  it('has the same keys in both languages', () => {
    expect(chinese.map(([path]) => path).sort()).toEqual(english.map(([path]) => path).sort());
  });

  it('leaves no text empty or untranslated', () => {
    const known = new Map(chinese);
    for (const [path, text] of english) {
      expect(text, path).not.toBe('');
      const other = known.get(path) ?? '';
      expect(other, path).not.toBe('');
      if (!SAME.has(text)) expect(other, path).not.toBe(text);
    }
  });

  it('uses full-width punctuation beside Chinese characters', () => {
    for (const [path, text] of chinese) {
      expect(text, path).not.toMatch(/[\u4e00-\u9fff][,:;?!()]|[,:;?!(][\u4e00-\u9fff]/);
    }
  });
});
