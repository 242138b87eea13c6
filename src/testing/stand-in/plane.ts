/**
 * A running API server with what tests and replays do to it: requests of an administrator, and time
 * that passes. Time is virtual, as everywhere.
 */
import { isApiError } from '../../api/meta/status.ts';
import { decodeUtf8, encodeUtf8 } from '../../api/meta/utf8.ts';
import type { Caller } from '../../engine/apiserver/call.ts';
import { EVERYBODY_IS_ADMIN, handle } from '../../engine/apiserver/rest/handle.ts';
import type { ApiServer } from '../../engine/apiserver/server.ts';
import { Client } from '../../engine/client/typed-client.ts';
import { type Kernel, MICROS_PER_MS } from '../../kernel/kernel.ts';
import type { Proc } from '../../kernel/process.ts';
import type { ApiRequest } from '../../port/protocol.ts';

export const ADMIN: Caller = {
  user: { name: 'kubernetes-admin', groups: ['system:masters'] },
  agent: 'kubectl',
  actor: 'kubectl',
};

export class Plane {
  readonly kernel: Kernel;
  readonly server: ApiServer;
  readonly admin: Client;

  constructor(server: ApiServer) {
    this.kernel = server.kernel;
    this.server = server;
    this.admin = new Client(server, ADMIN);
  }

  /** Lets |seconds| of virtual time pass. */
  run(seconds: number): void {
    this.kernel.runUntil(this.kernel.now + Math.round(seconds * 1_000) * MICROS_PER_MS);
  }

  /** Runs until |done|; false when |seconds| pass without it. */
  until(done: () => boolean, seconds = 120): boolean {
    const maxTime = this.kernel.now + seconds * 1_000 * MICROS_PER_MS;
    return this.kernel.runUntil(done, { maxTime });
  }

  /** Does |body| and answers what it answers; its error is thrown here. */
  do<T>(body: Proc<T>): T {
    const process = this.kernel.spawn('test', body, { joined: true });
    this.kernel.runUntil(() => process.done);
    const { outcome } = process;
    if (!outcome) throw new Error('the call never ended');
    if (!outcome.ok) throw outcome.error;
    return outcome.value;
  }

  /** A request over the REST entrance; answers status and decoded body. */
  request(
    method: string,
    path: string,
    body?: unknown,
    contentType = 'application/json',
    userAgent = 'user/1.0',
  ): { status: number; body: Record<string, unknown> } {
    const [route = '', search = ''] = path.split('?');
    const query: Record<string, string[]> = {};
    for (const part of search.split('&').filter((p) => p !== '')) {
      const [key = '', value = ''] = part.split('=');
      (query[key] ??= []).push(decodeURIComponent(value));
    }
    const request: ApiRequest = {
      method,
      path: route,
      query,
      headers: { 'content-type': contentType, 'user-agent': userAgent },
      body: body === undefined ? null : encodeUtf8(JSON.stringify(body)),
    };
    const response = this.do(handle(this.server, request, EVERYBODY_IS_ADMIN));
    const answer = JSON.parse(decodeUtf8(response.body)) as Record<string, unknown>;
    return { status: response.code, body: answer };
  }

  /** What a read of the store answers, or undefined. */
  read<T>(body: Proc<T>): T | undefined {
    try {
      return this.do(body);
    } catch (error) {
      if (isApiError(error, 'NotFound')) return undefined;
      throw error;
    }
  }
}
