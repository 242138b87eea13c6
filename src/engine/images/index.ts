/** All images, one file each. */
import type { ImageDefinition } from '../node/runtime/program.ts';
import { busyboxImage } from './busybox.ts';
import { pauseImage } from './pause.ts';

export const images: readonly ImageDefinition[] = [busyboxImage, pauseImage];
