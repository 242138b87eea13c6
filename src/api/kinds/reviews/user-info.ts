/** A user as reviews show it. */
import type { UserInfo as ReviewedUser } from '../../generated/types.ts';
import type { UserInfo } from '../../meta/authorization.ts';

export function userInfoOf({ name, uid, groups, extra }: UserInfo): ReviewedUser {
  return {
    ...(name === '' ? {} : { username: name }),
    ...(uid ? { uid } : {}),
    ...(groups.length === 0 ? {} : { groups }),
    ...(extra && Object.keys(extra).length > 0 ? { extra } : {}),
  };
}
