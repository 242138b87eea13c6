/**
 * What a client may meet without it being a programmer's error: the server says no, or does not
 * answer.
 */
import { ApiError } from '../../api/meta/status.ts';
import { ConnectionRefused } from '../apiserver/server.ts';

export function isRefusal(error: unknown): error is ApiError | ConnectionRefused {
  return error instanceof ApiError || error instanceof ConnectionRefused;
}
