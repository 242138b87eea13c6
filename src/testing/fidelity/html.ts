/** The static page: a table for each group of kinds, a list for each area. Readable without script. */
import type {
  AreaFidelity,
  Entry,
  Fidelity,
  KindFidelity,
  State,
} from '../../api/meta/fidelity.ts';

const WORDS: Readonly<Record<State, readonly [en: string, zh: string]>> = {
  faithful: ['faithful', '忠实'],
  simplified: ['simplified', '简化'],
  absent: ['absent', '没有'],
};
const STATES: readonly State[] = ['faithful', 'simplified', 'absent'];

/** As what the page is written in: kinds, fields and notes stay in English. */
const STYLE = `
:root{color-scheme:light dark;--line:#d0d7de;--dim:#57606a;--faithful:#116329;--simplified:#7d4e00;--absent:#a40e26}
@media (prefers-color-scheme:dark){:root{--line:#3d444d;--dim:#9198a1;--faithful:#56d364;--simplified:#e3b341;--absent:#ff7b72}}
body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:0 auto;padding:1rem}
table{border-collapse:collapse;width:100%;margin:.5rem 0 1.5rem}
th,td{border:1px solid var(--line);padding:.3rem .5rem;text-align:start;vertical-align:top}
.dim{color:var(--dim)}.faithful{color:var(--faithful)}.simplified{color:var(--simplified)}.absent{color:var(--absent)}
ul{padding-inline-start:1.2rem;margin:0}
.wide{overflow-x:auto}
`;

export function page({ version, kinds, areas }: Fidelity): string {
  const groups = [...new Set(kinds.map(({ group }) => group))];
  const sections = [
    ...groups.map((group) => groupSection(group, kinds)),
    ...areas.map((area) => areaSection(area)),
  ];
  const title = both('What is simulated', '模拟了什么');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="icon.svg" type="image/svg+xml">
<title>Kubeglass: what is simulated · 模拟了什么</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${title}</h1>
<p>${both(
    `Compared with ${version}. Made from the code when the site is built.`,
    `与 ${version} 比较。构建网站时由代码生成。`,
  )}</p>
<ul>
${STATES.map((state) => `<li>${mark(state)} ${meaning(state)}</li>`).join('\n')}
</ul>
${sections.join('\n')}
</main>
</body>
</html>
`;
}

function meaning(state: State): string {
  switch (state) {
    case 'faithful':
      return both('as upstream, as far as is known', '就目前所知与上游一致');
    case 'simplified':
      return both('there, with the difference that is named', '有，但存在所注明的差别');
    case 'absent':
      return both('refused, or not listed', '被拒绝，或未列出');
  }
}

function groupSection(group: string, kinds: readonly KindFidelity[]): string {
  const rows = kinds.filter((kind) => kind.group === group).map(kindRow);
  const name = group === '' ? 'core' : group;
  const heads = [
    both('Kind', '类型'),
    both('Rules', '规则'),
    both('Verbs', '动词'),
    both('Subresources', '子资源'),
    both('Differences', '差别'),
  ];
  return `<h2>${escape(name)}</h2>
<div class="wide"><table>
<thead><tr>${heads.map((head) => `<th scope="col">${head}</th>`).join('')}</tr></thead>
<tbody>
${rows.join('\n')}
</tbody>
</table></div>`;
}

function kindRow(kind: KindFidelity): string {
  const notes = [
    ...kind.notes,
    ...kind.unsupported.map((field) => `${field}: stored, without effect`),
    ...kind.subresources.flatMap(({ name, note }) =>
      note === undefined ? [] : [`${name}: ${note}`],
    ),
  ];
  return (
    `<tr><th scope="row">${escape(kind.kind)} <span class="dim">${escape(kind.version)}</span></th>` +
    `<td>${mark(kind.rules)}</td><td>${entries(kind.verbs)}</td>` +
    `<td>${entries(kind.subresources)}</td><td>${list(notes)}</td></tr>`
  );
}

function entries(list_: readonly Entry[]): string {
  return STATES.flatMap((state) => {
    const names = list_.filter((entry) => entry.state === state).map(({ name }) => name);
    return names.length === 0 ? [] : [`${mark(state)}: ${escape(names.join(', '))}`];
  }).join('<br>');
}

function areaSection({ name, parts }: AreaFidelity): string {
  const rows = parts.map(
    (part) =>
      `<tr><th scope="row">${escape(part.name)}</th><td>${mark(part.state)}</td>` +
      `<td>${list(part.notes)}<span class="dim">${escape(part.models ?? '')}</span></td></tr>`,
  );
  return `<h2>${escape(name)}</h2>
<div class="wide"><table><tbody>
${rows.join('\n')}
</tbody></table></div>`;
}

function list(notes: readonly string[]): string {
  if (notes.length === 0) return '';
  return `<ul>${notes.map((note) => `<li>${escape(note)}</li>`).join('')}</ul>`;
}

function mark(state: State): string {
  const [en, zh] = WORDS[state];
  return `<span class="${state}">${both(en, zh)}</span>`;
}

function both(en: string, zh: string): string {
  return `${escape(en)} <span lang="zh-CN">${escape(zh)}</span>`;
}

function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
