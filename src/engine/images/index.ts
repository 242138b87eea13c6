/** All images, one file each. */
import type { ImageDefinition } from '../node/runtime/program.ts';
import { agnhostImages } from './agnhost.ts';
import { busyboxImage, busyboxTestImage } from './busybox.ts';
import { e2eImages } from './e2e-images.ts';
import { fluentdImages } from './fluentd.ts';
import { foreignImages } from './foreign.ts';
import { helloImages } from './hello.ts';
import { corednsImage } from './coredns.ts';
import { httpdImage, httpdTestImage } from './httpd.ts';
import { interpreterImages } from './interpreters.ts';
import { mysqlImages } from './mysql.ts';
import { nginxImages } from './nginx.ts';
import { notSimulatedImages } from './not-simulated.ts';
import { pauseImage } from './pause.ts';
import { perlImages } from './perl.ts';
import { postgresImages } from './postgres.ts';
import { privateImages } from './private.ts';
import { redisImages } from './redis.ts';
import { resourceConsumerImage } from './resource-consumer.ts';
import { slowImage } from './slow.ts';
import { stressImages } from './stress.ts';
import { systemImages } from './systems.ts';
import { tutorialImages } from './tutorials.ts';
import { userImage } from './user.ts';

export const images: readonly ImageDefinition[] = [
  ...agnhostImages,
  busyboxImage,
  busyboxTestImage,
  corednsImage,
  ...e2eImages,
  ...fluentdImages,
  ...foreignImages,
  ...helloImages,
  httpdImage,
  httpdTestImage,
  ...interpreterImages,
  ...mysqlImages,
  ...nginxImages,
  ...notSimulatedImages,
  pauseImage,
  ...perlImages,
  ...postgresImages,
  ...privateImages,
  ...redisImages,
  resourceConsumerImage,
  slowImage,
  ...stressImages,
  ...systemImages,
  ...tutorialImages,
  userImage,
];
