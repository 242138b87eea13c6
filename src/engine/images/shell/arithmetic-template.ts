/**
 * The text of an arithmetic expansion as a list of word parts: expansions inside it are replaced as
 * text before the expression is read, as POSIX wants (`$x` may hold an operator).
 */
import { type ArithmeticExpansionPart, type LiteralPart, parse, type WordPart } from 'unbash';

const templates = new WeakMap<ArithmeticExpansionPart, string | readonly WordPart[]>();

/** The plain text when nothing in it is expanded, else parts to expand as if in double quotes. */
export function arithmeticTemplate(part: ArithmeticExpansionPart): string | readonly WordPart[] {
  let template = templates.get(part);
  if (template === undefined) {
    const isDollarBracket = part.text.startsWith('$[');
    const inner = isDollarBracket ? part.text.slice(2, -1) : part.text.slice(3, -2);
    template = /[$`"'\\]/.test(inner) ? buildTemplate(inner) : inner;
    templates.set(part, template);
  }
  return template;
}

/** Reads the inside as the body of a here-document: the same expansions, no splitting. */
function buildTemplate(inner: string): readonly WordPart[] {
  const end = 'END_OF_ARITHMETIC';
  const statement = parse(`:<<${end}\n${inner}\n${end}\n`).commands[0]?.command;
  const redirect = statement?.type === 'Command' ? statement.redirects[0] : undefined;
  if (redirect?.type !== 'HereDoc') return [literal(inner)];
  const text = redirect.body.text;
  return (redirect.body.parts ?? [literal(text)]).map((p) =>
    p.type === 'Literal' ? literal(p.value.replaceAll('"', '')) : p,
  );
}

function literal(text: string): LiteralPart {
  return { type: 'Literal', pos: 0, end: text.length, value: text, text };
}
