/** What a process's user and capabilities amount to for files. Models: capabilities(7) */
import { DEFAULT_CAPABILITIES, hasCapability } from './capabilities.ts';
import { type Credentials, DEFAULT_UMASK } from './credentials.ts';
import type { ProcessUser } from './program.ts';

/** Root as an ordinary container has it: it may use the container's own view of its files. */
export function isPlainRoot(user: ProcessUser, umask: number): boolean {
  return user.uid === 0 && user.gid === 0 && !user.capabilities && umask === DEFAULT_UMASK;
}

export function credentialsOf(user: ProcessUser, umask: number): Credentials {
  const { uid, gid, groups = [] } = user;
  const held = user.capabilities ?? (uid === 0 ? DEFAULT_CAPABILITIES : undefined);
  return {
    uid,
    gid,
    groups,
    umask,
    overrides: held !== undefined && hasCapability(held, 'DAC_OVERRIDE'),
    owns: held !== undefined && hasCapability(held, 'FOWNER') && hasCapability(held, 'CHOWN'),
  };
}
