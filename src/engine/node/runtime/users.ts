/**
 * Which user a container's processes run as: what the Pod asks for, looked up in the image.
 *
 * Models: containerd 2.x pkg/oci WithUser, WithUserID, WithAppendAdditionalGroups,
 * WithAdditionalGIDs and internal/cri/server container_create.go (supplementalGroupsPolicy)
 */
import { type CapabilityChange, capabilitiesOf } from './capabilities.ts';
import { imageTree } from './executables.ts';
import type { ImageDefinition, ProcessUser } from './program.ts';

export interface UserRequest {
  readonly uid?: number | undefined;
  readonly gid?: number | undefined;
  /** supplementalGroups and fsGroup of the Pod. */
  readonly groups?: readonly number[];
  /** Only what the Pod says counts, not /etc/group of the image. */
  readonly strictGroups?: boolean;
  readonly privileged?: boolean;
  readonly capabilities?: CapabilityChange | undefined;
}

interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

interface Accounts {
  readonly users: readonly Account[];
  readonly groups: readonly {
    readonly name: string;
    readonly gid: number;
    readonly members: readonly string[];
  }[];
  /** Most containers of an image run as the same user: one object for all. */
  readonly known: Map<string, ProcessUser>;
}

const NO_REQUEST: UserRequest = {};
const NUMBER = /^\d+$/;

const accounts = new WeakMap<ImageDefinition, Accounts>();

/** A text is containerd's refusal. */
export function containerUser(
  image: ImageDefinition,
  request: UserRequest = NO_REQUEST,
): ProcessUser | string {
  const known = accountsOf(image);
  const key = JSON.stringify(request);
  const old = known.known.get(key);
  if (old) return old;
  const account = accountOf(image, known, request);
  if (typeof account === 'string') return account;
  const { uid, gid, name } = account;
  const capabilities = capabilitiesOf(uid, request.privileged === true, request.capabilities);
  const user: ProcessUser = {
    name,
    uid,
    gid,
    groups: groupsOf(known, account, request),
    ...(capabilities ? { capabilities } : {}),
  };
  known.known.set(key, user);
  return user;
}

function accountOf(
  image: ImageDefinition,
  known: Accounts,
  request: UserRequest,
): Account | string {
  const [imageUser = '', imageGroup = ''] = (image.user ?? '').split(':');
  let account: Account | string;
  if (request.uid !== undefined) account = byId(known, request.uid);
  else if (imageUser === '') account = byId(known, 0);
  else if (NUMBER.test(imageUser)) account = byId(known, Number(imageUser));
  else account = known.users.find((u) => u.name === imageUser) ?? refusal('users');
  if (typeof account === 'string') return account;
  if (request.gid !== undefined) return { ...account, gid: request.gid };
  if (request.uid !== undefined || imageGroup === '') return account;
  if (NUMBER.test(imageGroup)) return { ...account, gid: Number(imageGroup) };
  const group = known.groups.find((g) => g.name === imageGroup);
  return group ? { ...account, gid: group.gid } : refusal('groups');
}

function byId({ users }: Accounts, uid: number): Account {
  const user = users.find((u) => u.uid === uid);
  return user ?? { name: uid === 0 ? 'root' : String(uid), uid, gid: 0 };
}

function refusal(what: 'users' | 'groups'): string {
  return `failed to create containerd container: mount callback failed: no ${what} found`;
}

function groupsOf(known: Accounts, account: Account, request: UserRequest): readonly number[] {
  const gids = new Set([account.gid, ...(request.groups ?? [])]);
  if (request.strictGroups !== true) {
    for (const { gid, members } of known.groups) if (members.includes(account.name)) gids.add(gid);
  }
  return [...gids].sort((a, b) => a - b);
}

function accountsOf(image: ImageDefinition): Accounts {
  let known = accounts.get(image);
  if (!known) {
    const tree = imageTree(image);
    const lines = (path: string): readonly (readonly string[])[] =>
      (tree.entry(path)?.content ?? '').split('\n').map((line) => line.split(':'));
    known = {
      users: lines('/etc/passwd').flatMap(([name = '', , uid = '', gid = '']) =>
        NUMBER.test(uid) ? [{ name, uid: Number(uid), gid: Number(gid) }] : [],
      ),
      groups: lines('/etc/group').flatMap(([name = '', , gid = '', members = '']) =>
        NUMBER.test(gid) ? [{ name, gid: Number(gid), members: members.split(',') }] : [],
      ),
      known: new Map(),
    };
    accounts.set(image, known);
  }
  return known;
}
