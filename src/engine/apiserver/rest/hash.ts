/** SHA-512 as ETags and hashes of documents have it. */
import { sha512 } from '@noble/hashes/sha2.js';
import { encodeUtf8 } from '../../../api/meta/utf8.ts';

export function sha512Hex(text: string): string {
  let out = '';
  for (const byte of sha512(encodeUtf8(text))) out += byte.toString(16).padStart(2, '0');
  return out.toUpperCase();
}
