/**
 * Files of variables, as a fileKeyRef names them: `NAME='value'`, line by line. Pure.
 *
 * Models: pkg/kubelet/util/env/env_util.go ParseEnv (v1.36)
 */

/** The value of |key|; '' when there is none, null when the file is not well-formed before it. */
export function envFileValue(text: string, key: string): string | null {
  const lines = text.split('\n').map((line) => line.replace(/\r$/, ''));
  if (lines.at(-1) === '') lines.pop();
  for (let i = 0; i < lines.length; i++) {
    const line = (lines[i] ?? '').replace(/^[ \t]+/, '');
    if (line === '' || line.startsWith('#')) continue;
    const match = /^([^=]*[^= \t])=(.*)$/.exec(line);
    if (!match) return null;
    const [, name, value = ''] = match;
    if (/^[ \t]/.test(value)) {
      // As in a shell, what follows the blank is not part of the assignment.
      if (name === key) return '';
      continue;
    }
    if (!value.startsWith("'")) return null;
    let found = '';
    let rest = value.slice(1);
    let end = rest.indexOf("'");
    for (; end < 0; end = rest.indexOf("'")) {
      found += `${rest}\n`;
      const next = lines[++i];
      if (next === undefined) return null;
      rest = next;
    }
    if (!/^[ \t]*(#.*)?$/.test(rest.slice(end + 1))) return null;
    if (name === key) return found + rest.slice(0, end);
  }
  return '';
}
