import { describe, expect, it } from 'vitest';
import { type ImageField, readImage } from './image-form.ts';

function read(fields: Partial<Record<ImageField, string>>) {
  return readImage((field) => fields[field] ?? '');
}

describe('the form of an image', () => {
  it('leaves out what was left empty', () => {
    expect(read({ name: 'shop/web' })).toEqual({ name: 'shop/web', behaviour: {} });
  });

  it('takes numbers, ports and lines', () => {
    const fields = {
      name: 'a',
      tag: 'v2',
      exitAfter: '1.5',
      servePort: '80',
      line: 'hi',
      lineEvery: '3',
    };
    expect(read({ ...fields, ignoreTerm: 'true' })).toEqual({
      name: 'a',
      tags: ['v2'],
      behaviour: {
        exitAfterSeconds: 1.5,
        serve: [{ port: 80 }],
        lines: [{ text: 'hi', everySeconds: 3 }],
        ignoreTerm: true,
      },
    });
  });

  it('names the field that holds no number', () => {
    expect(read({ name: 'a', exitCode: '-1' })).toEqual({ wrong: 'exitCode' });
    expect(read({ name: 'a', crashEvery: 'soon' })).toEqual({ wrong: 'crashEvery' });
  });
});
