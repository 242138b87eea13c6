/** Files and commands that an awk program reads and writes. */
import type { Proc } from '../../../../kernel/process.ts';
import { searchExecutable } from '../../../node/runtime/executables.ts';
import { type InputStream, type OpenFile, Pipe } from '../../../node/runtime/open-file.ts';
import type { ChildProcess, ExitStatus, ProcessContext } from '../../../node/runtime/program.ts';
import { compileRegex } from '../regex.ts';

/** Records of one input, as RS separates them at the time of reading. */
export class RecordReader {
  readonly #input: InputStream;
  #buffer = '';
  #atEnd = false;

  constructor(input: InputStream) {
    this.#input = input;
  }

  *next(separator: string): Proc<string | null> {
    if (separator === '\n' && this.#buffer === '') {
      const line = yield* this.#input.readLine();
      if (line === null) return null;
      return line.endsWith('\n') ? line.slice(0, -1) : line;
    }
    if (separator === '') return yield* this.#paragraph();
    const regex = separator.length > 1 ? compileRegex(separator, { extended: true }) : null;
    for (;;) {
      const match = regex?.exec(this.#buffer) ?? null;
      const index = regex ? (match?.index ?? -1) : this.#buffer.indexOf(separator);
      const length = match ? match.text.length : separator.length;
      // A match that reaches the end of what is there may go on.
      const isSure = index >= 0 && (this.#atEnd || !regex || index + length < this.#buffer.length);
      if (isSure && length > 0) return this.#cut(index, length);
      if (this.#atEnd) return this.#rest();
      yield* this.#more();
    }
  }

  *#paragraph(): Proc<string | null> {
    for (;;) {
      this.#buffer = this.#buffer.replace(/^\n+/, '');
      const end = this.#buffer.indexOf('\n\n');
      if (end >= 0) return this.#cut(end, 2);
      if (this.#atEnd) return this.#rest();
      yield* this.#more();
    }
  }

  *#more(): Proc {
    const chunk = yield* this.#input.readChunk();
    if (chunk === null) this.#atEnd = true;
    else this.#buffer += chunk;
  }

  #cut(index: number, length: number): string {
    const record = this.#buffer.slice(0, index);
    this.#buffer = this.#buffer.slice(index + length);
    return record;
  }

  #rest(): string | null {
    if (this.#buffer === '') return null;
    const record = this.#buffer.replace(/\n$/, '');
    this.#buffer = '';
    return record;
  }
}

interface Stream {
  readonly file: OpenFile;
  readonly reader: RecordReader | null;
  readonly child: ChildProcess | null;
}

export class Streams {
  readonly #context: ProcessContext;
  readonly #open = new Map<string, Stream>();

  constructor(context: ProcessContext) {
    this.#context = context;
  }

  /** Null: it cannot be read. */
  fileReader(path: string): RecordReader | null {
    const known = this.#open.get(`<${path}`);
    if (known) return known.reader;
    const file = path === '-' ? this.#context.files[0] : this.#context.open(path, 'read');
    if (!file || typeof file === 'string' || !file.input) return null;
    if (path === '-') file.retain();
    const reader = new RecordReader(file.input);
    this.#open.set(`<${path}`, { file, reader, child: null });
    return reader;
  }

  commandReader(command: string): RecordReader | null {
    const known = this.#open.get(`<|${command}`);
    if (known) return known.reader;
    const pipe = new Pipe();
    const files = [...this.#context.files];
    files[1] = pipe.writer;
    const child = this.#shell(command, files);
    pipe.writer.release();
    if (!child || !pipe.reader.input) return null;
    const reader = new RecordReader(pipe.reader.input);
    this.#open.set(`<|${command}`, { file: pipe.reader, reader, child });
    return reader;
  }

  /** Where `print > "to"` goes; a text is the error. */
  writer(operator: '>' | '>>' | '|', to: string): OpenFile | string {
    const key = `${operator === '|' ? '|' : '>'}${to}`;
    const known = this.#open.get(key);
    if (known) return known.file;
    if (operator === '|') {
      const pipe = new Pipe();
      const files = [...this.#context.files];
      files[0] = pipe.reader;
      const child = this.#shell(to, files);
      pipe.reader.release();
      if (!child) return 'Resource temporarily unavailable';
      this.#open.set(key, { file: pipe.writer, reader: null, child });
      return pipe.writer;
    }
    const file = this.#context.open(to, operator === '>>' ? 'append' : 'write');
    if (typeof file === 'string') return file;
    this.#open.set(key, { file, reader: null, child: null });
    return file;
  }

  /** close(): the status of a command, 0 of a file, -1 when nothing is open by that name. */
  *close(name: string): Proc<number> {
    let status = -1;
    for (const key of [`>${name}`, `|${name}`, `<${name}`, `<|${name}`]) {
      const stream = this.#open.get(key);
      if (!stream) continue;
      this.#open.delete(key);
      stream.file.release();
      status = 0;
      if (stream.child) status = ((yield stream.child.exited) as ExitStatus).exitCode;
    }
    return status;
  }

  *closeAll(): Proc {
    for (const key of [...this.#open.keys()]) yield* this.close(key.replace(/^(<\||[<>|])/, ''));
  }

  *run(command: string): Proc<number> {
    const child = this.#shell(command, this.#context.files);
    if (!child) return -1;
    return ((yield child.exited) as ExitStatus).exitCode;
  }

  #shell(command: string, files: ProcessContext['files']): ChildProcess | null {
    const { fs, cwd, env } = this.#context;
    const path = searchExecutable(fs, 'sh', env.get('PATH') ?? '/bin', cwd)?.path ?? '/bin/sh';
    const child = this.#context.spawn({ argv: ['sh', '-c', command], run: path, env, cwd, files });
    return typeof child === 'string' ? null : child;
  }
}
