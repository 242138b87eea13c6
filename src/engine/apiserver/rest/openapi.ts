/** OpenAPI documents. */
import type { ApiRequest, ApiResponse } from '../../../port/protocol.ts';
import type { ApiServer } from '../server.ts';

/** null when |request| asks for something else. */
export function openApi(_server: ApiServer, request: ApiRequest): ApiResponse | null {
  if (!request.path.startsWith('/openapi/')) return null;
  return null;
}
