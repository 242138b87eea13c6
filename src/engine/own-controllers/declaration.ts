/** What a reader's controller says of itself, checked: which kinds it is about. */
import { type KindName, parseKind } from './requests.ts';
import { type Declaration, ProgramError } from './sandbox.ts';

export interface OwnDeclaration {
  readonly primary: KindName;
  readonly owns: readonly KindName[];
  readonly watches: readonly { readonly kind: KindName; readonly maps: boolean }[];
}

/** Kinds that a controller may look at. */
const MAX_KINDS = 20;

export function checkDeclaration(declaration: Declaration): OwnDeclaration {
  const { owns, watches } = declaration;
  if (!Array.isArray(owns)) throw new ProgramError('"owns" is not a list of kinds');
  if (owns.length + watches.length >= MAX_KINDS) {
    throw new ProgramError(`it looks at more than ${MAX_KINDS} kinds`);
  }
  return {
    primary: kindOf('for', declaration.for),
    owns: (owns as readonly unknown[]).map((kind) => kindOf('owns', kind)),
    watches: watches.map(({ kind, maps }) => ({ kind: kindOf('watches', kind), maps })),
  };
}

function kindOf(field: string, text: unknown): KindName {
  const kind = parseKind(text);
  if (kind) return kind;
  const given = text === undefined ? 'nothing' : JSON.stringify(text);
  throw new ProgramError(
    `"${field}" names no kind: write it as "v1/Pod" or "apps/v1/Deployment", not ${given}`,
  );
}

export function kindText({ apiVersion, kind }: KindName): string {
  return `${apiVersion}/${kind}`;
}
