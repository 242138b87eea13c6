/** What a file must be to be taken for a saved run. */
import { describe, expect, it } from 'vitest';
import { defaultRunConfig } from '../../port/run-config.ts';
import { checkRun } from './run-file.ts';

const good = {
  format: 'kubeglass-run',
  version: 1,
  config: defaultRunConfig(),
  commands: [],
  at: 0,
  step: 0,
  hash: '',
};

describe('a saved run', () => {
  it.each([
    ['as it is written', good.config],
    ['of several masters in a cloud', { ...good.config, masters: 3, cloud: true }],
  ])('%s', (_, config) => {
    expect(checkRun({ ...good, config })).toEqual({ ...good, config });
  });

  it.each([
    ['no masters', { masters: 0 }, 'config.masters is less than 1'],
    ['a million masters', { masters: 1_000_000 }, 'config.masters is too large'],
    ['a cloud of words', { cloud: 'yes' }, 'config.cloud'],
    ['a seed that is no number', { seed: 'x' }, 'config.seed'],
  ])('is refused with %s', (_, more, complaint) => {
    expect(() => checkRun({ ...good, config: { ...good.config, ...more } })).toThrow(complaint);
  });
});
