/** A file's pages against a plain string: whatever is written, cut and copied, both say the same. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FileBody } from './file-body.ts';
import { utf8Length } from './text.ts';

const PAGE = 65_536;

const block = fc
  .tuple(fc.constantFrom('y\n', 'é', '\0', 'abc', '€uro\n'), fc.integer({ min: 0, max: PAGE }))
  .map(([text, count]) => text.repeat(Math.ceil(count / text.length)));

const change = fc.oneof(
  fc.record({ kind: fc.constant('append' as const), text: block }),
  fc.record({ kind: fc.constant('writeAt' as const), text: block, at: fc.nat(4 * PAGE) }),
  fc.record({ kind: fc.constant('truncate' as const), at: fc.nat(4 * PAGE) }),
  fc.record({ kind: fc.constant('copy' as const) }),
);

describe('the content of a file', () => {
  it('is what a string would be', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 12 }), (changes) => {
        let body = new FileBody();
        let text = '';
        for (const step of changes) {
          if (step.kind === 'append') {
            body.append(step.text);
            text += step.text;
          } else if (step.kind === 'writeAt') {
            body.writeAt(step.at, step.text);
            const before = text.padEnd(step.at, '\0').slice(0, step.at);
            text = before + step.text + text.slice(step.at + step.text.length);
          } else if (step.kind === 'truncate') {
            body.truncate(step.at);
            text = text.padEnd(step.at, '\0').slice(0, step.at);
          } else {
            const other = new FileBody('old');
            other.assign(body);
            body = other;
          }
          expect(body.length).toBe(text.length);
          expect(body.bytes).toBe(utf8Length(text));
        }
        expect(body.text() === text).toBe(true);
        const half = Math.floor(text.length / 2);
        expect(body.slice(half, half + 10)).toBe(text.slice(half, half + 10));
      }),
      { numRuns: 60, seed: 1 },
    );
  });

  it('a gigabyte of one line takes a page', () => {
    const body = new FileBody();
    const text = 'y\n'.repeat(8_192);
    for (let i = 0; i < 65_536; i++) body.append(text);
    expect(body.bytes).toBe(2 ** 30);
    expect(body.held).toBeLessThanOrEqual(2 * PAGE);
  });
});
