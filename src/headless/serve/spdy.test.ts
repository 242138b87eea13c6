/** SPDY against frames as a client writes them: headers compressed in one stream, pieces cut anywhere. */
import zlib from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { SpdyConnection, type SpdyHandler, type Wire } from './spdy.ts';
import { DICTIONARY, DICTIONARY_ADLER32 } from './spdy-dictionary.ts';

const { Z_SYNC_FLUSH } = zlib.constants;

/** The client's end: packs headers with what zlib remembers of those before. */
class Client {
  readonly #deflate = zlib.createDeflate({ dictionary: DICTIONARY, flush: Z_SYNC_FLUSH });

  async open(id: number, headers: Readonly<Record<string, string>>): Promise<Buffer> {
    const parts = Object.entries(headers).flatMap(([name, value]) => [
      counted(name),
      counted(value),
    ]);
    const block = Buffer.concat([word(parts.length / 2), ...parts]);
    const chunks: Buffer[] = [];
    const take = (chunk: Buffer): void => void chunks.push(chunk);
    this.#deflate.on('data', take);
    await new Promise<void>((done) => this.#deflate.write(block, () => setImmediate(done)));
    this.#deflate.off('data', take);
    const body = Buffer.concat([word(id), word(0), Buffer.alloc(2), ...chunks]);
    return Buffer.concat([word(0x80030001), word(body.length), body]);
  }
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function counted(text: string): Buffer {
  return Buffer.concat([word(text.length), Buffer.from(text)]);
}

function data(id: number, text: string, flags = 0): Buffer {
  return Buffer.concat([word(id), word(flags * 2 ** 24 + text.length), Buffer.from(text)]);
}

function setUp(): { seen: string[]; written: Buffer[]; connection: SpdyConnection } {
  const seen: string[] = [];
  const written: Buffer[] = [];
  const wire: Wire = {
    write: (bytes) => void written.push(Buffer.from(bytes)),
    end: () => void seen.push('end'),
    destroy: () => void seen.push('destroyed'),
    pause: () => {},
    resume: () => {},
  };
  const handler: SpdyHandler = {
    opened: (id, headers) => {
      seen.push(`opened ${id} ${JSON.stringify(headers)}`);
      connection.accept(id);
    },
    data: (id, bytes) => void seen.push(`data ${id} ${Buffer.from(bytes).toString()}`),
    finished: (id) => void seen.push(`finished ${id}`),
    reset: (id) => void seen.push(`reset ${id}`),
  };
  const connection = new SpdyConnection(wire, handler);
  return { seen, written, connection };
}

const settled = (): Promise<void> => new Promise((done) => setTimeout(done, 20));

describe('a SPDY connection', () => {
  it('knows the dictionary of the draft', () => {
    const made = zlib.deflateSync(Buffer.from('x'), { dictionary: DICTIONARY });
    expect(made.subarray(2, 6)).toEqual(DICTIONARY_ADLER32);
  });

  it('reads streams, data and ends in the order in which they came, however they are cut', async () => {
    const client = new Client();
    const bytes = Buffer.concat([
      await client.open(1, { streamtype: 'error', port: '80' }),
      await client.open(3, { streamtype: 'data', port: '80', requestid: '0' }),
      data(3, 'hello'),
      data(3, '', 1),
    ]);
    const { connection, seen, written } = setUp();
    for (let i = 0; i < bytes.length; i += 7) connection.receive(bytes.subarray(i, i + 7));
    await settled();
    expect(seen).toEqual([
      'opened 1 {"streamtype":"error","port":"80"}',
      'opened 3 {"streamtype":"data","port":"80","requestid":"0"}',
      'data 3 hello',
      'finished 3',
    ]);
    const replies = written.map((frame) => frame.subarray(12));
    const inflate = zlib.createInflate({ dictionary: DICTIONARY });
    const blocks: Buffer[] = [];
    inflate.on('data', (chunk: Buffer) => blocks.push(chunk));
    for (const reply of replies) inflate.write(reply);
    await settled();
    expect(Buffer.concat(blocks)).toEqual(Buffer.alloc(8));
  });

  it('gives pings back, refuses streams that go back, and ends what is no SPDY', async () => {
    const { connection, seen, written } = setUp();
    const ping = Buffer.concat([word(0x80030006), word(4), word(5)]);
    connection.receive(ping);
    expect(written).toEqual([ping]);
    const client = new Client();
    connection.receive(await client.open(3, {}));
    await settled();
    connection.receive(await client.open(3, {}));
    expect(written.at(-1)).toEqual(Buffer.concat([word(0x80030003), word(8), word(3), word(1)]));
    connection.receive(Buffer.from('GET / HTTP/1.1\r\n\r\n'));
    expect(seen.at(-1)).toBe('destroyed');
  });
});
