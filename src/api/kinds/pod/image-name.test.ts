import { expect, it } from 'vitest';
import { imageTag } from './image-name.ts';

it.each([
  ['x', 'latest'],
  ['x:1', '1'],
  ['X', ''],
  [`${'a'.repeat(247)}`, 'latest'],
  // Its full name begins with library/ and so is longer than a path may be.
  [`${'a'.repeat(248)}`, ''],
  [`a.b/${'a'.repeat(255)}`, 'latest'],
])('tag of %s', (image, tag) => {
  expect(imageTag(image)).toBe(tag);
});
