/**
 * tar: makes, lists and unpacks archives in the ustar format, byte for byte, so that `kubectl cp` and
 * real tars understand them.
 *
 * Models: busybox archival/tar.c, POSIX ustar, GNU long names. Simplified: no compression (-z, -j, -J
 * are refused by name); devices are left out.
 */
import { bytesOfText, textOfBytes } from '../../../api/meta/byte-text.ts';
import { MICROS_PER_SECOND } from '../../../kernel/kernel.ts';
import type { Proc } from '../../../kernel/process.ts';
import { joinPath, parentOf, resolvePath } from '../../node/runtime/file-tree.ts';
import type { OpenFile } from '../../node/runtime/open-file.ts';
import type { FileStat, ProcessContext } from '../../node/runtime/program.ts';
import { accountNames } from './accounts.ts';
import { FILE_US, type Options, readOptions, usage } from './applet.ts';
import { formatTime, wallTimeMs } from './date.ts';
import { modeText } from './modes.ts';

type Args = readonly string[];

const BLOCK = 512;
const NAME_BYTES = 100;
const PREFIX_BYTES = 155;
const BYTES_PER_US = 500;
const MICROS_PER_MS = 1_000;
/** What one archive may hold in memory. */
const MAX_ARCHIVE_BYTES = 64 * 1024 * 1024;

const SYNOPSIS = 'c|x|t [-hvokO] [-f TARFILE] [-C DIR] [-T FILE] [-X FILE] [FILE]...';

class TarError extends Error {
  override readonly name = 'TarError';
}

export function* tarCommand(context: ProcessContext, args: Args): Proc<number> {
  const [first = '', ...rest] = args;
  const words = /^[a-zA-Z]/.test(first) ? oldStyle(first, rest) : args;
  const { flags, operands, unknown } = readOptions(words, 'cxtvokmpPhOzjJZalSs', 'fCTXb', {
    create: 'c',
    extract: 'x',
    get: 'x',
    list: 't',
    verbose: 'v',
    file: 'f',
    directory: 'C',
    exclude: 'X',
    'to-stdout': 'O',
    'no-same-owner': 'o',
    'no-same-permissions': 'p',
    warning: 's',
    'no-overwrite-dir': 'k',
    'numeric-owner': 'm',
  });
  if (unknown !== undefined) return usage(context, 'tar', SYNOPSIS, unknown);
  const modes = ['c', 'x', 't'].filter((letter) => flags.has(letter));
  if (modes.length !== 1) return usage(context, 'tar', SYNOPSIS);
  if (['z', 'j', 'J', 'Z', 'a'].some((letter) => flags.has(letter))) {
    context.stderr('tar: compression is not simulated\n');
    return 1;
  }
  const directory = flags.get('C')?.at(-1) ?? '.';
  const cwd = resolvePath(context.cwd, directory);
  if (context.fs.kind(cwd) !== 'directory') {
    context.stderr(`tar: can't change directory to '${directory}': No such file or directory\n`);
    return 1;
  }
  try {
    const run = new Tar(context, flags, cwd);
    return modes[0] === 'c' ? yield* run.create(operands) : yield* run.read(operands);
  } catch (error) {
    if (!(error instanceof TarError)) throw error;
    context.stderr(`tar: ${error.message}\n`);
    return 1;
  }
}

/** `tar xvf FILE`: letters without a dash, their values in order behind them. */
function oldStyle(letters: string, rest: Args): string[] {
  const words: string[] = [];
  let at = 0;
  for (const letter of letters) {
    words.push(`-${letter}`);
    if ('fCTXb'.includes(letter)) words.push(rest[at++] ?? '');
  }
  return [...words, ...rest.slice(at)];
}

interface Entry {
  readonly name: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly seconds: number;
  readonly type: string;
  readonly link: string;
}

class Tar {
  readonly #context: ProcessContext;
  readonly #flags: Options['flags'];
  readonly #cwd: string;
  #failed = false;
  #output: OpenFile | null = null;
  #archive = '';
  /** Said once: names are stored without what leads out of the directory. */
  #strips = false;

  constructor(context: ProcessContext, flags: Options['flags'], cwd: string) {
    this.#context = context;
    this.#flags = flags;
    this.#cwd = cwd;
  }

  get #path(): string | null {
    const path = this.#flags.get('f')?.at(-1) ?? '-';
    return path === '-' ? null : path;
  }

  /** Names of files go to standard output, unless the archive does. */
  #say(text: string): void {
    if (this.#flags.has('c') && this.#path === null) this.#context.stderr(text);
    else this.#context.stdout(text);
  }

  *create(operands: Args): Proc<number> {
    const context = this.#context;
    if (operands.length === 0) throw new TarError('empty archive');
    const path = this.#path;
    if (path !== null) {
      const file = context.open(path, 'write');
      if (typeof file === 'string') throw new TarError(`can't open '${path}': ${file}`);
      this.#output = file;
      this.#archive = resolvePath(context.cwd, path);
    }
    for (const operand of operands) {
      const full = resolvePath(this.#cwd, operand);
      if (context.fs.linkStat(full)) yield* this.#add(full, operand);
      else {
        context.stderr(`tar: ${operand}: ${context.fs.access(full, 0)}\n`);
        this.#failed = true;
      }
    }
    yield* this.#write('\0'.repeat(2 * BLOCK));
    this.#output?.release();
    if (this.#failed) context.stderr('tar: error exit delayed from previous errors\n');
    return this.#failed ? 1 : 0;
  }

  *#write(text: string): Proc {
    const file = this.#output ?? this.#context.files[1];
    if (file?.full) yield file.full;
    const error = file ? file.write(text) : 'Bad file descriptor';
    if (error !== null) throw new TarError(`write error: ${error}`);
    yield* this.#context.work(text.length / BYTES_PER_US);
  }

  *#add(path: string, shown: string): Proc {
    const { fs } = this.#context;
    if (path === this.#archive) return;
    const stat = this.#flags.has('h') ? fs.stat(path) : fs.linkStat(path);
    if (!stat) return;
    yield* this.#context.work(FILE_US);
    const bare = shown.replace(/^(\.\.\/)+/, '').replace(/^\/+/, '');
    if (bare !== shown && !this.#strips) {
      this.#strips = true;
      const removed = shown.slice(0, shown.length - bare.length);
      this.#context.stderr(`tar: removing leading '${removed}' from member names\n`);
    }
    const name = stat.kind === 'directory' ? `${bare.replace(/\/+$/, '')}/` : bare;
    if (stat.kind === 'directory') {
      if (name !== '/') yield* this.#header(name, stat, '5', '', 0);
      for (const child of fs.list(path) ?? [])
        yield* this.#add(joinPath(path, child), `${shown.replace(/\/+$/, '')}/${child}`);
      return;
    }
    if (stat.kind === 'link') {
      yield* this.#header(name, stat, '2', fs.readLink(path) ?? '', 0);
      return;
    }
    if (stat.kind !== 'file') return;
    const content = fs.read(path);
    if (content === undefined) {
      this.#context.stderr(`tar: can't open '${shown}': ${fs.access(path, 4)}\n`);
      this.#failed = true;
      return;
    }
    yield* this.#header(name, stat, '0', '', stat.size);
    yield* this.#write(content + '\0'.repeat((BLOCK - (stat.size % BLOCK)) % BLOCK));
  }

  *#header(name: string, stat: FileStat, type: string, link: string, size: number): Proc {
    if (this.#flags.has('v')) this.#say(`${name}\n`);
    const seconds = Math.floor(wallTimeMs(this.#context.kernel, stat.modifiedAt) / 1_000);
    const names = accountNames(this.#context.fs);
    const user = names.users.get(stat.uid) ?? '';
    const group = names.groups.get(stat.gid) ?? '';
    const entry = {
      name,
      mode: stat.mode,
      uid: stat.uid,
      gid: stat.gid,
      size,
      seconds,
      type,
      link,
    };
    for (const [long, letter] of [
      [link, 'K'],
      [name, 'L'],
    ] as const) {
      const bytes = bytesOfText(long).length;
      if (bytes <= NAME_BYTES || (letter === 'L' && splitName(long) !== null)) continue;
      const header = headerText(
        { ...entry, name: '././@LongLink', mode: 0, size: bytes + 1, type: letter, link: '' },
        '',
        '',
      );
      yield* this.#write(header + padded(`${long}\0`, bytes + 1));
    }
    yield* this.#write(headerText(entry, user, group));
  }

  *read(operands: Args): Proc<number> {
    const bytes = yield* this.#bytes();
    const wanted = new Set(operands.map((name) => name.replace(/\/+$/, '')));
    const found = new Set<string>();
    let long = '';
    let longLink = '';
    for (let at = 0; at + BLOCK <= bytes.length; ) {
      const block = bytes.subarray(at, at + BLOCK);
      if (block.every((byte) => byte === 0)) break;
      const raw = readHeader(block);
      if (!raw) throw new TarError('invalid tar magic');
      at += BLOCK;
      const data = bytes.subarray(at, at + raw.size);
      if (data.length < raw.size) throw new TarError('short read');
      at += Math.ceil(raw.size / BLOCK) * BLOCK;
      const text = (): string => textOfBytes(data);
      if (raw.type === 'L') long = text().replace(/\0.*$/s, '');
      else if (raw.type === 'K') longLink = text().replace(/\0.*$/s, '');
      else if (raw.type === 'x') {
        long = /\d+ path=([^\n]*)\n/.exec(text())?.[1] ?? long;
        longLink = /\d+ linkpath=([^\n]*)\n/.exec(text())?.[1] ?? longLink;
      } else if (raw.type !== 'g') {
        const entry = { ...raw, name: long || raw.name, link: longLink || raw.link };
        [long, longLink] = ['', ''];
        yield* this.#context.work(FILE_US + raw.size / BYTES_PER_US);
        if (!isWanted(entry.name, wanted, found)) continue;
        this.#take(entry, text);
      }
    }
    for (const operand of operands) {
      if (found.has(operand.replace(/\/+$/, ''))) continue;
      this.#context.stderr(`tar: ${operand}: not found in archive\n`);
      this.#failed = true;
    }
    return this.#failed ? 1 : 0;
  }

  *#bytes(): Proc<Uint8Array> {
    const path = this.#path;
    const file = path === null ? this.#context.files[0] : this.#context.open(path, 'read');
    if (!file || typeof file === 'string' || !file.input)
      throw new TarError(
        `can't open '${path}': ${typeof file === 'string' ? file : 'Bad file descriptor'}`,
      );
    let text = '';
    for (;;) {
      const chunk = yield* file.input.readChunk();
      if (chunk === null) break;
      text += chunk;
      if (text.length > MAX_ARCHIVE_BYTES) throw new TarError('out of memory');
    }
    if (path !== null) file.release();
    const bytes = bytesOfText(text);
    if (bytes.length < BLOCK && bytes.length > 0) throw new TarError('short read');
    if (bytes[0] === 0x1f && bytes[1] === 0x8b) throw new TarError('compression is not simulated');
    return bytes;
  }

  #take(entry: Entry, content: () => string): void {
    const { name } = entry;
    if (this.#flags.has('t')) {
      this.#context.stdout(`${this.#flags.has('v') ? this.#listing(entry) : name}\n`);
      return;
    }
    if (this.#flags.has('v')) this.#say(`${name}\n`);
    if (this.#flags.has('O')) {
      if (entry.type === '0') this.#context.stdout(content());
      return;
    }
    const error = this.#unpack(entry, content);
    if (error === null) return;
    this.#context.stderr(`tar: ${error}\n`);
    this.#failed = true;
  }

  #listing(entry: Entry): string {
    const kind = entry.type === '5' ? 'directory' : entry.type === '2' ? 'link' : 'file';
    const stat = { kind, mode: entry.mode } as FileStat;
    const names = accountNames(this.#context.fs);
    const owner = `${names.users.get(entry.uid) ?? entry.uid}/${names.groups.get(entry.gid) ?? entry.gid}`;
    const time = formatTime('%Y-%m-%d %H:%M:%S', entry.seconds * MICROS_PER_MS);
    const target = entry.type === '2' ? ` -> ${entry.link}` : '';
    return `${modeText(stat)} ${owner} ${String(entry.size).padStart(9)} ${time} ${entry.name}${target}`;
  }

  /** Null, or what could not be done. */
  #unpack(entry: Entry, content: () => string): string | null {
    const { fs, user, kernel } = this.#context;
    const bare = entry.name.replace(/^\/+/, '');
    if (bare.split('/').includes('..')) return `name with '..' skipped: '${entry.name}'`;
    const path = resolvePath(this.#cwd, bare);
    const missing = this.#makeParents(parentOf(path));
    if (missing !== null) return missing;
    const there = fs.linkStat(path);
    if (entry.type === '5') {
      const error = there?.kind === 'directory' ? null : fs.makeDirectory(path);
      if (error !== null) return `can't create directory '${bare}': ${error}`;
    } else {
      if (there && there.kind !== 'directory') {
        if (this.#flags.has('k')) return null;
        fs.remove(path);
      }
      const error =
        entry.type === '2'
          ? fs.makeSymbolicLink(entry.link, path)
          : entry.type === '1'
            ? fs.makeLink(resolvePath(this.#cwd, entry.link), path)
            : fs.write(path, content(), false);
      if (error !== null) return `can't open '${bare}': ${error}`;
    }
    if (user.uid === 0 && !this.#flags.has('o')) fs.setOwner(path, entry.uid, entry.gid, true);
    if (entry.type === '2') return null;
    fs.setMode(path, entry.mode);
    if (!this.#flags.has('m'))
      fs.touch(path, entry.seconds * MICROS_PER_SECOND - kernel.epochMs * MICROS_PER_MS);
    return null;
  }

  #makeParents(path: string): string | null {
    const { fs } = this.#context;
    if (fs.kind(path) === 'directory') return null;
    const above = this.#makeParents(parentOf(path));
    if (above !== null) return above;
    const error = fs.makeDirectory(path);
    return error === null ? null : `can't create directory '${path}': ${error}`;
  }
}

function isWanted(name: string, wanted: ReadonlySet<string>, found: Set<string>): boolean {
  if (wanted.size === 0) return true;
  for (let prefix = name.replace(/\/+$/, ''); ; ) {
    if (wanted.has(prefix)) {
      found.add(prefix);
      return true;
    }
    const slash = prefix.lastIndexOf('/');
    if (slash < 0) return false;
    prefix = prefix.slice(0, slash);
  }
}

function padded(text: string, bytes: number): string {
  return text + '\0'.repeat((BLOCK - (bytes % BLOCK)) % BLOCK);
}

/** A long name cut at a slash into prefix and name; null when it does not fit. */
function splitName(name: string): readonly [prefix: string, name: string] | null {
  for (let slash = name.indexOf('/'); slash >= 0; slash = name.indexOf('/', slash + 1)) {
    const prefix = name.slice(0, slash);
    const rest = name.slice(slash + 1);
    if (rest === '') return null;
    if (bytesOfText(prefix).length <= PREFIX_BYTES && bytesOfText(rest).length <= NAME_BYTES)
      return [prefix, rest];
  }
  return null;
}

function headerText(entry: Entry, user: string, group: string): string {
  const octal = (value: number, width: number): string =>
    `${value.toString(8).padStart(width - 1, '0')}\0`;
  const field = (text: string, width: number): string => {
    const bytes = bytesOfText(text).subarray(0, width);
    return textOfBytes(bytes) + '\0'.repeat(width - bytes.length);
  };
  const [prefix, name] =
    bytesOfText(entry.name).length <= NAME_BYTES
      ? ['', entry.name]
      : (splitName(entry.name) ?? ['', entry.name]);
  const before =
    field(name, NAME_BYTES) +
    octal(entry.mode, 8) +
    octal(entry.uid, 8) +
    octal(entry.gid, 8) +
    octal(entry.size, 12) +
    octal(Math.max(0, entry.seconds), 12);
  const after =
    entry.type +
    field(entry.link, NAME_BYTES) +
    'ustar  \0' +
    field(user, 32) +
    field(group, 32) +
    '\0'.repeat(16) +
    field(prefix, PREFIX_BYTES) +
    '\0'.repeat(12);
  let sum = 8 * 32;
  for (const byte of bytesOfText(before + after)) sum += byte;
  return `${before}${sum.toString(8).padStart(6, '0')}\0 ${after}`;
}

function readHeader(block: Uint8Array): Entry | null {
  const field = (at: number, length: number): string =>
    textOfBytes(block.subarray(at, at + length)).replace(/\0.*$/s, '');
  const octal = (at: number, length: number): number => {
    // Large numbers are binary, with the highest bit set.
    if (((block[at] ?? 0) & 0x80) !== 0) {
      let value = 0;
      for (let i = at + 1; i < at + length; i++) value = value * 256 + (block[i] ?? 0);
      return value;
    }
    return Number.parseInt(field(at, length).trim() || '0', 8);
  };
  let sum = 0;
  for (const [i, byte] of block.entries()) sum += i >= 148 && i < 156 ? 32 : byte;
  if (sum !== octal(148, 8)) return null;
  const prefix = field(257, 6).startsWith('ustar') ? field(345, PREFIX_BYTES) : '';
  const name = field(0, NAME_BYTES);
  const type = field(156, 1);
  const size = octal(124, 12);
  const isOld = type === '' || type === '0' || type === '7';
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    mode: octal(100, 8) & 0o7777,
    uid: octal(108, 8),
    gid: octal(116, 8),
    size: type === '5' || type === '2' || type === '1' ? 0 : size,
    seconds: octal(136, 12),
    type: isOld && name.endsWith('/') ? '5' : isOld ? '0' : type,
    link: field(157, NAME_BYTES),
  };
}
