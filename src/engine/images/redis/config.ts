/** The configuration of redis: a file, then words of the command line, which say `--name value`. */
import type { FileSystem } from '../../node/runtime/program.ts';
import { splitWords } from './resp.ts';

export type RedisConfig = Map<string, string>;

const MEGABYTE = 1_024 ** 2;
const UNITS: Readonly<Record<string, number>> = {
  k: 1_000,
  kb: 1_024,
  m: 1_000_000,
  mb: MEGABYTE,
  g: 1_000_000_000,
  gb: 1_024 ** 3,
};
/** What the documentation's own file would say. */
const DEFAULTS: readonly (readonly [string, string])[] = [
  ['appendonly', 'no'],
  ['appendfilename', 'appendonly.aof'],
  ['bind', '* -::*'],
  ['databases', '16'],
  ['dbfilename', 'dump.rdb'],
  ['dir', '/data'],
  ['maxmemory', '0'],
  ['maxmemory-policy', 'noeviction'],
  ['port', '6379'],
  ['protected-mode', 'yes'],
  ['requirepass', ''],
  ['save', '3600 1 300 100 60 10000'],
];
/** Known and without effect. */
const WITHOUT_EFFECT = [
  'appendfsync',
  'daemonize',
  'loglevel',
  'logfile',
  'tcp-keepalive',
  'timeout',
  'tcp-backlog',
];

/** A text says what is wrong. */
export function readConfig(
  fs: FileSystem,
  args: readonly string[],
  cwd: string,
): RedisConfig | string {
  const config: RedisConfig = new Map([...DEFAULTS, ['dir', cwd]]);
  const lines: (readonly string[])[] = [];
  const words = [...args];
  const file = words[0]?.startsWith('-') === false ? words.shift() : undefined;
  if (file !== undefined) {
    const text = fs.read(file.startsWith('/') ? file : `${cwd}/${file}`);
    if (text === undefined)
      return `Fatal error, can't open config file '${file}': No such file or directory`;
    for (const line of text.split('\n')) {
      if (line.trim() !== '' && !line.trim().startsWith('#')) lines.push(splitWords(line));
    }
  }
  for (const word of words) {
    if (word.startsWith('--')) lines.push([word.slice(2)]);
    else lines[lines.length - 1] = [...(lines.at(-1) ?? []), word];
  }
  for (const [name = '', ...values] of lines) {
    const problem = setOption(config, name.toLowerCase(), values.join(' '));
    if (problem !== null) {
      return (
        '\n*** FATAL CONFIG FILE ERROR (Redis 7.4.5) ***\n' +
        `Reading the configuration file\n>>> '${[name, ...values].join(' ')}'\n${problem}\n`
      );
    }
  }
  return config;
}

/** Null, or why it cannot be set. */
export function setOption(config: RedisConfig, name: string, value: string): string | null {
  if (WITHOUT_EFFECT.includes(name)) return null;
  if (!config.has(name))
    return `Bad directive or wrong number of arguments (${name} is not simulated)`;
  if (name === 'maxmemory') {
    const match = /^(\d+)([a-z]*)$/i.exec(value);
    const unit = (match?.[2] ?? '').toLowerCase();
    if (!match || (unit !== '' && UNITS[unit] === undefined)) {
      return 'argument must be a memory value';
    }
    config.set(name, String(Number(match[1]) * (UNITS[unit] ?? 1)));
  } else config.set(name, value);
  return null;
}
