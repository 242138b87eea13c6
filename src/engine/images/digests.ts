/**
 * Content digests of images. Real ones cannot be known here: they are the SHA-256 of repository and
 * tag, so that they look real, never change, and differ wherever two images differ.
 */
import { bytesOfText } from '../../api/meta/byte-text.ts';
import { sha256Hex } from './commands/hash.ts';

export function tagDigest(repository: string, tag: string): string {
  return `sha256:${sha256Hex(bytesOfText(`manifest ${repository}:${tag}`))}`;
}

export function layerDigest(repository: string, name: string): string {
  return `sha256:${sha256Hex(bytesOfText(`layer ${repository} ${name}`))}`;
}
