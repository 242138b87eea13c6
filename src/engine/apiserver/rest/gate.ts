/**
 * Before a request is looked at: who asks, as whom, and may they?
 *
 * Models:     k8s.io/apiserver pkg/endpoints/filters authentication.go, authorization.go,
 *             impersonation/constrained_impersonation.go, pkg/authentication/request bearertoken and x509
 *             (v1.36)
 * Simplified: a header that comes several times is expected as one, its values divided by ", "
 */
import type { AccessAttributes, UserInfo } from '../../../api/meta/authorization.ts';
import { goQuote } from '../../../api/meta/go-text.ts';
import { badRequest, failure } from '../../../api/meta/status.ts';
import type { ApiRequest } from '../../../port/protocol.ts';
import { authorizeAttributes, namedBy, type WantedUser } from '../authorize.ts';
import type { ApiServer } from '../server.ts';
import { first } from './options.ts';
import { requestInfo, type RequestInfo } from './request-info.ts';

/** Users by bearer token, and who a caller without credentials is. */
export interface Authentication {
  readonly tokens: Readonly<Record<string, UserInfo>>;
  readonly anonymous: UserInfo;
}

/**
 * Who makes |request|, once it is clear that they may. Nobody learns whether there is anything under
 * the path who may not. Throws Unauthorized, Forbidden or BadRequest.
 */
export function passGate(
  server: ApiServer,
  request: ApiRequest,
  authentication: Authentication,
): UserInfo {
  const asker = identify(server, request, authentication);
  const wanted = wantedUser(request);
  let attributes = attributesOf(asker, request);
  if (wanted) attributes = { ...attributes, user: server.access.impersonate(wanted, attributes) };
  authorizeAttributes(server.access, attributes);
  return attributes.user;
}

const CREDENTIAL_ID = 'authentication.kubernetes.io/credential-id';
const NOTHING = { group: '', version: '', resource: '', subresource: '', namespace: '', name: '' };

const METHOD_VERBS: Readonly<Record<string, string>> = {
  POST: 'create',
  GET: 'get',
  HEAD: 'get',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

/** What |request| asks for; there need not be any such thing. */
function attributesOf(user: UserInfo, request: ApiRequest): AccessAttributes {
  const info = requestInfo(request.path);
  if (!info) {
    return { user, verb: request.method.toLowerCase(), ...NOTHING, path: request.path };
  }
  const verb = verbOf(request, info);
  const fieldSelector = first(request.query, 'fieldSelector');
  return {
    user,
    verb,
    group: info.group,
    version: info.version,
    resource: info.plural,
    subresource: info.subresource,
    namespace: info.namespace,
    name: info.name === '' && isMany(verb) ? namedBy(fieldSelector) : info.name,
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
  };
}

/** '' = the method means nothing to authorization. */
function verbOf(request: ApiRequest, info: RequestInfo): string {
  const verb = METHOD_VERBS[request.method] ?? '';
  if (info.isWatch && verb === 'get') return 'watch';
  if (info.name !== '') return verb;
  if (verb === 'delete') return 'deletecollection';
  if (verb !== 'get') return verb;
  const watch = first(request.query, 'watch') ?? '';
  return ['', 'false', '0'].includes(watch.toLowerCase()) ? 'list' : 'watch';
}

function isMany(verb: string): boolean {
  return verb === 'list' || verb === 'watch' || verb === 'deletecollection';
}

function identify(
  server: ApiServer,
  request: ApiRequest,
  { tokens, anonymous }: Authentication,
): UserInfo {
  if (request.peer) {
    const { commonName, organizations, sha256 } = request.peer;
    const groups = [...organizations, 'system:authenticated'];
    if (sha256 === undefined) return { name: commonName, groups };
    return { name: commonName, groups, extra: { [CREDENTIAL_ID]: [`X509SHA256=${sha256}`] } };
  }
  // Other schemes than Bearer are nobody's business here.
  const token = /^Bearer +(\S+)$/i.exec(request.headers['authorization']?.trim() ?? '')?.[1];
  if (token === undefined) return anonymous;
  if (Object.hasOwn(tokens, token)) return tokens[token] as UserInfo;
  const found = server.access.authenticateToken(token, []);
  if ('error' in found) throw failure(401, 'Unauthorized', 'Unauthorized');
  return found.user;
}

const USER = 'impersonate-user';
const EXTRA = 'impersonate-extra-';

/** null = nobody is to be impersonated. */
function wantedUser({ headers }: ApiRequest): WantedUser | null {
  const name = headers[USER] ?? '';
  const uid = headers['impersonate-uid'] ?? '';
  const groups = values(headers['impersonate-group']);
  const extra: Record<string, readonly string[]> = {};
  for (const [header, value] of Object.entries(headers)) {
    if (header.startsWith(EXTRA)) extra[unescapeKey(header.slice(EXTRA.length))] = values(value);
  }
  if (name !== '') return { name, uid, groups, extra };
  if (uid === '' && groups.length === 0 && Object.keys(extra).length === 0) return null;
  const what = goText({ name, uid, groups, extra });
  throw badRequest(`requested ${what} without impersonating a user name`);
}

function values(header: string | undefined): readonly string[] {
  return header === undefined ? [] : header.split(', ');
}

function unescapeKey(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    // Go leaves what is badly escaped as it is.
    return key;
  }
}

/** As Go prints the user. */
function goText({ uid, groups, extra }: WantedUser): string {
  const list = (texts: readonly string[]): string => `{${texts.map((t) => goQuote(t)).join(', ')}}`;
  const entries = Object.entries(extra).map(([key, of]) => `${goQuote(key)}:[]string${list(of)}`);
  const groupText = groups.length === 0 ? '(nil)' : list(groups);
  const extraText = entries.length === 0 ? '(nil)' : `{${entries.join(', ')}}`;
  return (
    `&user.DefaultInfo{Name:"", UID:${goQuote(uid)}, Groups:[]string${groupText}, ` +
    `Extra:map[string][]string${extraText}}`
  );
}
