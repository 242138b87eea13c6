/**
 * Content digests of images. Real ones cannot be known here: they are the SHA-256 of repository and
 * tag, so that they look real, never change, and differ wherever two images differ.
 */
import { utf8Bytes } from '../node/runtime/text.ts';
import { sha256Hex } from './commands/hash.ts';

export function tagDigest(repository: string, tag: string): string {
  return `sha256:${sha256Hex(utf8Bytes(`manifest ${repository}:${tag}`))}`;
}

export function layerDigest(repository: string, name: string): string {
  return `sha256:${sha256Hex(utf8Bytes(`layer ${repository} ${name}`))}`;
}
