/** `--scheduler-config FILE`: a KubeSchedulerConfiguration in YAML, as kube-scheduler takes it. */
import fs from 'node:fs';
import { parseDocument } from 'yaml';
import { ConfigurationError } from '../engine/scheduler/configuration-error.ts';
import { schedulerConfiguration } from '../engine/scheduler/scheduler.ts';
import type { SchedulerSettings } from '../port/protocol-scheduler.ts';
import { type Flags, UsageError } from './arguments.ts';

export const SCHEDULER_CONFIG = 'scheduler-config';

/** Null without the flag. What kube-scheduler would not start with is a wrong flag. */
export function schedulerSettings(flags: Flags): SchedulerSettings | null {
  const file = flags.one(SCHEDULER_CONFIG);
  if (file === undefined) return null;
  const document = parseDocument(textOf(file));
  const [error] = document.errors;
  if (error) throw new UsageError(`${file}: ${error.message}`);
  const settings = { configuration: (document.toJS() ?? {}) as Readonly<Record<string, unknown>> };
  try {
    schedulerConfiguration(settings);
  } catch (problem) {
    if (!(problem instanceof ConfigurationError)) throw problem;
    throw new UsageError(`${file}: ${problem.message}`);
  }
  return settings;
}

function textOf(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UsageError(`the file "${file}" cannot be read (${code ?? String(error)})`);
  }
}
