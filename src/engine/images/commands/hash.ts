/**
 * SHA-256 (FIPS 180-4) and MD5 (RFC 1321) over bytes, synchronous and the same everywhere. The
 * constants are computed with integers, because Math.sin and Math.cbrt differ between engines.
 */

const SHA256_CONSTANTS = primeRoots(64, 3);
const SHA256_START = primeRoots(8, 2);

export function sha256Hex(bytes: Uint8Array): string {
  const message = padded(bytes, false);
  const h = new Uint32Array(SHA256_START);
  const w = new Uint32Array(64);
  for (let offset = 0; offset < message.length; offset += 64) {
    for (let i = 0; i < 16; i++) w[i] = readBigEndian(message, offset + i * 4);
    for (let i = 16; i < 64; i++) {
      const x = w[i - 15] ?? 0;
      const y = w[i - 2] ?? 0;
      const s0 = rotr(x, 7) ^ rotr(x, 18) ^ (x >>> 3);
      const s1 = rotr(y, 17) ^ rotr(y, 19) ^ (y >>> 10);
      w[i] = (w[i - 16] ?? 0) + s0 + (w[i - 7] ?? 0) + s1;
    }
    compressSha256(h, w);
  }
  return [...h].map((word) => word.toString(16).padStart(8, '0')).join('');
}

function compressSha256(state: Uint32Array, w: Uint32Array): void {
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state;
  for (let i = 0; i < 64; i++) {
    const s1 = rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25);
    const choice = (e & f) ^ (~e & g);
    const t1 = (h + s1 + choice + (SHA256_CONSTANTS[i] ?? 0) + (w[i] ?? 0)) >>> 0;
    const s0 = rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22);
    const majority = (a & b) ^ (a & c) ^ (b & c);
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + t1) >>> 0, c, b, a, (t1 + s0 + majority) >>> 0];
  }
  for (const [i, word] of [a, b, c, d, e, f, g, h].entries()) state[i] = (state[i] ?? 0) + word;
}

const MD5_SHIFTS = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21];

/** floor(2^32 × |sin(i + 1)|), from RFC 1321; written out for the reason above. */
const MD5_CONSTANTS = [
  0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
  0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
  0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
  0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
  0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
  0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
  0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
  0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
];

export function md5Hex(bytes: Uint8Array): string {
  const message = padded(bytes, true);
  const h = new Uint32Array([0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476]);
  for (let offset = 0; offset < message.length; offset += 64) {
    let [a = 0, b = 0, c = 0, d = 0] = h;
    for (let i = 0; i < 64; i++) {
      const [mix, from] = md5Round(i, b, c, d);
      const word = readLittleEndian(message, offset + from * 4);
      const sum = (a + mix + (MD5_CONSTANTS[i] ?? 0) + word) >>> 0;
      const shift = MD5_SHIFTS[(i >> 4) * 4 + (i & 3)] ?? 0;
      [a, d, c, b] = [d, c, b, (b + rotr(sum, 32 - shift)) >>> 0];
    }
    for (const [i, word] of [a, b, c, d].entries()) h[i] = (h[i] ?? 0) + word;
  }
  return [...h].map((word) => swapped(word).toString(16).padStart(8, '0')).join('');
}

function md5Round(i: number, b: number, c: number, d: number): [mix: number, word: number] {
  if (i < 16) return [(b & c) | (~b & d), i];
  if (i < 32) return [(d & b) | (~d & c), (5 * i + 1) % 16];
  if (i < 48) return [b ^ c ^ d, (3 * i + 5) % 16];
  return [c ^ (b | ~d), (7 * i) % 16];
}

/** The message with a one bit, zeros and its length in bits, a multiple of 64 bytes. */
function padded(bytes: Uint8Array, littleEndian: boolean): Uint8Array {
  const length = (((bytes.length + 8) >> 6) + 1) << 6;
  const message = new Uint8Array(length);
  message.set(bytes);
  message[bytes.length] = 0x80;
  const view = new DataView(message.buffer);
  const high = Math.floor(bytes.length / 0x20000000);
  const low = (bytes.length << 3) >>> 0;
  view.setUint32(length - 8, littleEndian ? low : high, littleEndian);
  view.setUint32(length - 4, littleEndian ? high : low, littleEndian);
  return message;
}

function readBigEndian(m: Uint8Array, at: number): number {
  return swapped(readLittleEndian(m, at));
}

function readLittleEndian(m: Uint8Array, at: number): number {
  const [a = 0, b = 0, c = 0, d = 0] = [m[at], m[at + 1], m[at + 2], m[at + 3]];
  return (a | (b << 8) | (c << 16) | (d << 24)) >>> 0;
}

function swapped(word: number): number {
  return ((word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)) >>> 0;
}

function rotr(x: number, k: number): number {
  return ((x >>> k) | (x << (32 - k))) >>> 0;
}

/** The first 32 bits after the point of the square or cube roots of the first primes. */
function primeRoots(count: number, power: 2 | 3): Uint32Array {
  const words = new Uint32Array(count);
  let prime = 2;
  for (let i = 0; i < count; i++) {
    while (!isPrime(prime)) prime++;
    words[i] = Number(integerRoot(BigInt(prime) << BigInt(32 * power), power) & 0xffffffffn);
    prime++;
  }
  return words;
}

function isPrime(n: number): boolean {
  for (let d = 2; d * d <= n; d++) if (n % d === 0) return false;
  return true;
}

/** The largest integer whose |power| is not above |n|. */
function integerRoot(n: bigint, power: 2 | 3): bigint {
  let low = 0n;
  let high = 1n << 40n;
  while (low + 1n < high) {
    const middle = (low + high) >> 1n;
    const raised = power === 2 ? middle * middle : middle * middle * middle;
    if (raised <= n) low = middle;
    else high = middle;
  }
  return low;
}
