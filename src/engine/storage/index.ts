/** The controllers of the pretend driver's controller process, in alphabetical order. */
import type { ControllerDefinition } from '../client/controller.ts';
import { attacher } from './attacher.ts';
import type { Disks } from './disks.ts';
import { provisioner } from './provisioner.ts';
import { resizer } from './resizer.ts';

type Made = () => ControllerDefinition;

export const storageControllers = (disks: Disks): readonly Made[] =>
  [attacher, provisioner, resizer].map(
    (make) => () => make(disks) as unknown as ControllerDefinition,
  );
