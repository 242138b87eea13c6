import { expect, it } from 'vitest';
import { ByteTextDecoder, bytesOfText, textOfBytes } from './byte-text.ts';

it('keeps UTF-8 as text', () => {
  const text = 'a ä € 𝄞 \u0000\n';
  expect(textOfBytes(Buffer.from(text))).toBe(text);
  expect(Buffer.from(bytesOfText(text))).toEqual(Buffer.from(text));
});

it('keeps every pair and many runs of bytes', () => {
  for (let a = 0; a < 256; a++) {
    for (let b = 0; b < 256; b++) {
      const bytes = Uint8Array.of(a, b, 0xe2, 0x82, a);
      expect(bytesOfText(textOfBytes(bytes))).toEqual(bytes);
    }
  }
});

it('gives bytes that are no UTF-8 one lone surrogate each', () => {
  // Overlong, a surrogate's UTF-8, a cut character.
  const bytes = Uint8Array.of(0xc0, 0x80, 0xed, 0xa0, 0x80, 0xe2, 0x82);
  expect(textOfBytes(bytes)).toBe('\udcc0\udc80\udced\udca0\udc80\udce2\udc82');
});

it('puts characters together that were cut between pieces', () => {
  const decoder = new ByteTextDecoder();
  const bytes = Buffer.from('€𝄞');
  let text = '';
  for (const byte of bytes) text += decoder.decode(Uint8Array.of(byte));
  expect(text + decoder.end()).toBe('€𝄞');
  const cut = new ByteTextDecoder();
  expect(cut.decode(Uint8Array.of(0xf0, 0x9d))).toBe('');
  expect(cut.end()).toBe('\udcf0\udc9d');
});
