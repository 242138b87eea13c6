/**
 * A link that holds a manifest: `#m1.<base64url of deflated JSON>`. Nothing is sent anywhere; the
 * part after # never leaves the browser that opens it.
 */
import { messageText } from '../i18n/messages.ts';
import { inLanguage } from '../i18n/text.ts';
import { activeFile, files, openFile } from './files.ts';
import { notify } from './notices.ts';

/** Prefix of this version of the format. */
export const SHARE_PREFIX = 'm1.';
/** Longer addresses are cut by chats and mail; in KiB. */
export const SHARE_LIMIT_KIB = 16;
/** A shared text that unpacks to more than this is no manifest but an attack; in bytes. */
const UNPACKED_LIMIT = 5_000_000;

export interface SharedFile {
  readonly name: string;
  readonly text: string;
}

export async function encodeShare(file: SharedFile): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify([file.name, file.text]));
  const packed = await collect(
    new Blob([bytes]).stream().pipeThrough(new CompressionStream('deflate-raw')),
    Number.POSITIVE_INFINITY,
  );
  return SHARE_PREFIX + toBase64Url(packed);
}

/** Throws when |fragment| is not what `encodeShare` makes. */
export async function decodeShare(fragment: string): Promise<SharedFile> {
  const packed = fromBase64Url(fragment.slice(SHARE_PREFIX.length));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  const bytes = await collect(stream, UNPACKED_LIMIT);
  const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  if (!Array.isArray(value)) throw new Error('not a list');
  const [name, text] = value as unknown[];
  if (typeof name !== 'string' || typeof text !== 'string') throw new Error('not two texts');
  return { name, text };
}

/** Copies a link with the open file, or says why not. */
export async function shareManifest(): Promise<void> {
  const file = activeFile(files.getState());
  if (file === undefined) {
    notify({ severity: 'warning', text: (l) => inLanguage(messageText, l).nothingToApply });
    return;
  }
  const fragment = await encodeShare(file);
  const kib = Math.ceil(fragment.length / 1_024);
  if (kib > SHARE_LIMIT_KIB) {
    notify({
      severity: 'warning',
      text: (l) => inLanguage(messageText, l).linkTooLong(kib, SHARE_LIMIT_KIB),
    });
    return;
  }
  const url = `${location.href.split('#')[0]}#${fragment}`;
  try {
    await navigator.clipboard.writeText(url);
    notify({ severity: 'info', text: (l) => inLanguage(messageText, l).linkCopied });
  } catch {
    // Clipboards may be forbidden; the link can still be copied by hand.
    notify({ severity: 'warning', text: (l) => inLanguage(messageText, l).linkShown(url) });
  }
}

/** Opens the manifest of the address, if it holds one. */
export async function openShared(fragment: string): Promise<void> {
  const version = /^(m\d+)\./.exec(fragment)?.[1];
  if (version === undefined) return;
  if (!fragment.startsWith(SHARE_PREFIX)) {
    notify({
      severity: 'error',
      text: (l) => inLanguage(messageText, l).linkVersion(version),
    });
    return;
  }
  try {
    const { name, text } = await decodeShare(fragment);
    const opened = openFile(name, text);
    notify({ severity: 'info', text: (l) => inLanguage(messageText, l).linkOpened(opened) });
  } catch {
    // Whatever is wrong with it, the reader can only ask for it again.
    notify({ severity: 'error', text: (l) => inLanguage(messageText, l).linkDamaged });
  }
}

async function collect(
  stream: ReadableStream<Uint8Array>,
  limit: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > limit) throw new Error('too large');
    chunks.push(value);
  }
  const all = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

function toBase64Url(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(binary, (char) => char.charCodeAt(0));
}
