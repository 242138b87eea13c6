/**
 * How others check service account tokens: the issuer's configuration and its public keys.
 *
 * Models: k8s.io/kubernetes pkg/routes/openidmetadata.go, pkg/serviceaccount/openidmetadata.go (v1.36)
 */
import { ISSUER } from '../../../api/meta/service-account-names.ts';
import type { ApiRequest, ApiResponse } from '../../../port/protocol.ts';
import type { ApiServer } from '../server.ts';
import { textResponse } from './responses.ts';
import { methodNotAllowed } from './verb.ts';

const CONFIGURATION = '/.well-known/openid-configuration';
const KEYS = '/openid/v1/jwks';
const CACHE = { 'cache-control': 'public, max-age=3600' };

/** null when |request| asks for something else. */
export function openId(server: ApiServer, request: ApiRequest): ApiResponse | null {
  const { path } = request;
  if (path !== CONFIGURATION && path !== KEYS) return null;
  if (request.method !== 'GET') throw methodNotAllowed();
  if (path === KEYS) {
    const keys = JSON.stringify({ keys: server.access.publicKeys });
    return withCache(textResponse(200, keys, 'application/jwk-set+json'));
  }
  const address = request.headers['host'] ?? 'kubernetes.default.svc.cluster.local';
  const configuration = {
    issuer: ISSUER,
    jwks_uri: `https://${address}${KEYS}`,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['ES256'],
  };
  return withCache(textResponse(200, JSON.stringify(configuration), 'application/json'));
}

function withCache(response: ApiResponse): ApiResponse {
  return { ...response, headers: { ...response.headers, ...CACHE } };
}
