/**
 * Whether a client thinks or waits, as Linux tells of its threads and those of its children. On a busy
 * machine a client that wants to go on may stand still for long: time must not pass for it then.
 */
import fs from 'node:fs';

/** False also where nothing can be told (no /proc). */
export function isBusy(pid: number | undefined): boolean {
  if (pid === undefined) return false;
  return threads(pid).some((thread) => {
    const stat = read(`${thread}/stat`);
    const state = stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
    if (state === 'R' || state === 'D') return true;
    return read(`${thread}/children`)
      .split(' ')
      .some((child) => child !== '' && isBusy(Number(child)));
  });
}

function threads(pid: number): readonly string[] {
  const folder = `/proc/${pid}/task`;
  try {
    return fs.readdirSync(folder).map((name) => `${folder}/${name}`);
  } catch {
    return []; // It has ended.
  }
}

function read(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8').trim();
  } catch {
    return ''; // The thread has ended.
  }
}
