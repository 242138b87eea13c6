/** All images, one file each. */
import type { ImageDefinition } from '../node/runtime/program.ts';
import { agnhostImages } from './agnhost.ts';
import { busyboxImage } from './busybox.ts';
import { httpdImage } from './httpd.ts';
import { nginxImage } from './nginx.ts';
import { pauseImage } from './pause.ts';
import { slowImage } from './slow.ts';
import { userImage } from './user.ts';

export const images: readonly ImageDefinition[] = [
  ...agnhostImages,
  busyboxImage,
  httpdImage,
  nginxImage,
  pauseImage,
  slowImage,
  userImage,
];
