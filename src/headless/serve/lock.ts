/**
 * One process for each data folder. The lock names its process; that of a process which has gone, as
 * after SIGKILL, is taken over.
 */
import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';

const ATTEMPTS = 5;

/** Answers what gives the lock back. */
export function lockFolder(dir: string): () => void {
  const file = path.join(dir, 'lock');
  const own = path.join(dir, `.lock-${process.pid}`);
  fs.writeFileSync(own, `${process.pid} ${startOf(process.pid)}\n`, { mode: 0o600 });
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (linked(own, file)) return () => fs.rmSync(file, { force: true });
      const holder = read(file);
      if (holder === null) continue;
      if (isAlive(holder)) {
        throw new Error(
          `error: ${dir} is in use by process ${holder.split(' ')[0] ?? ''}; stop it, or choose another folder`,
        );
      }
      // Whoever moves it away first may try again; a lock that is not the dead one goes back.
      const aside = `${own}-old`;
      try {
        fs.renameSync(file, aside);
      } catch {
        continue;
      }
      if (read(aside) !== holder) linked(aside, file);
      fs.rmSync(aside, { force: true });
    }
  } finally {
    fs.rmSync(own, { force: true });
  }
  throw new Error(`error: the lock of ${dir} cannot be taken; others want it too`);
}

function linked(from: string, to: string): boolean {
  try {
    fs.linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function read(file: string): string | null {
  try {
    return fs.readFileSync(file, 'utf8').trim();
  } catch {
    return null;
  }
}

function isAlive(holder: string): boolean {
  const [id = '', start = ''] = holder.split(' ');
  const pid = Number(id);
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  // The number may have gone to another process meanwhile.
  return startOf(pid) === start;
}

/** When the process began, where the system tells (Linux); '' elsewhere. */
function startOf(pid: number): string {
  const stat = read(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}
