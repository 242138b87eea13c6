/** Words of an SQL statement. */

export interface Token {
  readonly type: 'word' | 'quoted' | 'text' | 'number' | 'symbol' | 'end';
  /** Words in their own case; texts without their quotes. */
  readonly text: string;
  readonly at: number;
}

const PATTERN =
  /\s+|--[^\n]*|\/\*[\s\S]*?\*\/|('(?:[^']|'')*')|("(?:[^"]|"")*")|(`[^`]*`)|(\d+(?:\.\d+)?)|([A-Za-z_@][\w@$]*)|(<>|<=|>=|!=|\|\||::|[-+*/%(),.;=<>])/gy;

/** A number is where it cannot be read. |doubleQuotesText|: as MySQL takes them. */
export function tokens(sql: string, doubleQuotesText: boolean): readonly Token[] | number {
  const found: Token[] = [];
  PATTERN.lastIndex = 0;
  for (let at = 0; at < sql.length; at = PATTERN.lastIndex) {
    PATTERN.lastIndex = at;
    const match = PATTERN.exec(sql);
    if (!match) return at;
    const [, single, double, back, number, word, symbol] = match;
    if (single !== undefined) found.push({ type: 'text', text: inner(single, "'"), at });
    else if (double !== undefined) {
      const type = doubleQuotesText ? 'text' : 'quoted';
      found.push({ type, text: inner(double, '"'), at });
    } else if (back !== undefined) found.push({ type: 'quoted', text: back.slice(1, -1), at });
    else if (number !== undefined) found.push({ type: 'number', text: number, at });
    else if (word !== undefined) found.push({ type: 'word', text: word, at });
    else if (symbol !== undefined) found.push({ type: 'symbol', text: symbol, at });
  }
  found.push({ type: 'end', text: '', at: sql.length });
  return found;
}

function inner(text: string, quote: string): string {
  return text.slice(1, -1).replaceAll(quote + quote, quote);
}

/** The statements of a script: split at semicolons outside quotes. */
export function statementsOf(script: string): readonly string[] {
  const found = script.match(/(?:[^;'"`]|'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`)+/g) ?? [];
  return found.map((s) => s.trim()).filter((s) => s.replace(/--[^\n]*/g, '').trim() !== '');
}
