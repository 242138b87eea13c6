/** All images, one file each. */
import type { ImageDefinition } from '../node/runtime/program.ts';
import { agnhostImages } from './agnhost.ts';
import { busyboxImage, busyboxTestImage } from './busybox.ts';
import { httpdImage } from './httpd.ts';
import { nginxImage, nginxTestImage } from './nginx.ts';
import { pauseImage } from './pause.ts';
import { slowImage } from './slow.ts';
import { userImage } from './user.ts';

export const images: readonly ImageDefinition[] = [
  ...agnhostImages,
  busyboxImage,
  busyboxTestImage,
  httpdImage,
  nginxImage,
  nginxTestImage,
  pauseImage,
  slowImage,
  userImage,
];
