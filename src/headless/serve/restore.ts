/**
 * Brings a cluster back from its data folder: the same seed, the same writes at the same virtual
 * times, at full speed. Then the time that passed meanwhile: a short while is lived through, a long one
 * is leapt over, as by a machine that was off.
 */
import fs from 'node:fs';
import path from 'node:path';
import { type Authentication, handle } from '../../engine/apiserver/rest/handle.ts';
import { isSession } from '../../engine/apiserver/rest/stream.ts';
import { openApiDocuments } from '../openapi-file.ts';
import { Cluster } from '../../engine/cluster.ts';
import { StreamTable } from '../../engine/streams.ts';
import { nodeSandbox } from '../../sandbox/node.ts';
import type { ApiResponse, RunConfig } from '../../port/protocol.ts';
import { giveCommand } from './engine.ts';
import { beginLog, DataJournal, type Kept, readKept, restored } from './journal.ts';
import { lockFolder } from './lock.ts';

/** Spans are for the page; here nobody looks at them. */
export const TRACE_CAPACITY = 5_000;
/** Ten minutes of a cluster cost some tens of milliseconds. */
const LIVED_THROUGH_US = 600_000_000;

export interface Restored {
  readonly cluster: Cluster;
  readonly journal: DataJournal;
  readonly unlock: () => void;
  /** Connections into Pods there have been; their clients are gone. */
  readonly streams: StreamTable;
  /** Writes given again; null = the folder was new. */
  readonly replayed: number | null;
}

export function openFolder(
  dir: string,
  options: {
    readonly fsync: boolean;
    readonly wanted: (kept: RunConfig | null) => RunConfig;
    readonly authentication: Authentication;
  },
): Restored {
  makeFolder(dir);
  const unlock = lockFolder(dir);
  try {
    const kept = readKept(dir);
    const config = options.wanted(kept?.config ?? null);
    if (!kept) beginLog(dir, config);
    const cluster = new Cluster(config, {
      traceCapacity: TRACE_CAPACITY,
      openapi: openApiDocuments,
      sandbox: nodeSandbox,
      tokens: options.authentication.tokens,
    });
    const streams = new StreamTable();
    if (kept) replay(cluster, streams, kept, path.join(dir, 'log'));
    const { kernel, server } = cluster;
    const journal = new DataJournal(dir, options.fsync, () => server.store.revision);
    for (const stream of streams.open) {
      journal.input(kernel.now, stream, { type: 'close' });
      streams.give(kernel, stream, { type: 'close' });
    }
    const gap = (Date.now() - kernel.nowMs) * 1_000;
    if (gap > LIVED_THROUGH_US) {
      const leapUs = gap - LIVED_THROUGH_US;
      journal.write({ at: kernel.now, revision: server.store.revision, leapUs });
      kernel.leap(leapUs);
    }
    if (gap > 0) kernel.runUntil(kernel.now + Math.min(gap, LIVED_THROUGH_US));
    journal.write({
      at: kernel.now,
      revision: server.store.revision,
      authentication: options.authentication,
    });
    const replayed = kept ? kept.records.filter((r) => 'request' in r).length : null;
    return { cluster, journal, unlock, streams, replayed };
  } catch (error) {
    unlock();
    throw error;
  }
}

function replay(cluster: Cluster, streams: StreamTable, kept: Kept, file: string): void {
  const { kernel, server } = cluster;
  let authentication: Authentication | undefined;
  for (const [i, record] of kept.records.entries()) {
    kernel.runUntil(Math.max(record.at, kernel.now));
    if (server.store.revision !== record.revision) {
      throw new Error(
        `error: ${file} gives another cluster in line ${i + 2}: revision ${server.store.revision}, not ${record.revision}. ` +
          'It was written by another version of Kubeglass; start that one, or choose another folder',
      );
    }
    if ('leapUs' in record) kernel.leap(record.leapUs);
    else if ('stream' in record) streams.give(kernel, record.stream, record.input);
    else if ('command' in record) giveCommand(cluster, record.command);
    else if ('authentication' in record) authentication = record.authentication;
    else {
      const body = handle(server, restored(record.request), authentication, true);
      const options = { cause: 0, periodic: false, scope: null, joined: true };
      // Nobody waits for the answer, but an error of the engine must not pass in silence.
      kernel.spawn('request', body, options).subscribe({
        kernel,
        wake: (answer) => {
          const response = answer as ApiResponse;
          if (isSession(response)) streams.add(response.session);
        },
        wakeError: (error) => kernel.stopWith(error, `line ${i + 2}`),
      });
    }
  }
  kernel.runUntil(Math.max(kept.clock, kernel.now));
}

function makeFolder(dir: string): void {
  try {
    fs.mkdirSync(dir, { recursive: true, mode: 0o700 });
    fs.accessSync(dir, fs.constants.W_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(`error: the folder "${dir}" cannot be used (${code ?? String(error)})`);
  }
}
