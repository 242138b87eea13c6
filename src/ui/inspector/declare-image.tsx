/** A form for an image of the reader's own: its name, and what its program does. */
import { type FormEvent, useState } from 'react';
import { type MachineText, machineText } from '../i18n/machines.ts';
import { useText } from '../i18n/text.ts';
import { runCommand } from '../session/actions.ts';
import { type ImageField, readImage } from './image-form.ts';

/** What is written at first; the rest is empty. */
const FIRST: Readonly<Partial<Record<ImageField, string>>> = {
  name: 'shop/web',
  tag: 'latest',
  servePort: '8080',
};

const FIELDS = [
  ['name', 'imageName'],
  ['tag', 'imageTag'],
  ['size', 'imageSize'],
  ['servePort', 'servePort'],
  ['exitAfter', 'exitAfter'],
  ['exitCode', 'exitCode'],
  ['crashEvery', 'crashEvery'],
  ['memory', 'memory'],
  ['cpu', 'cpu'],
  ['line', 'line'],
  ['lineEvery', 'lineEvery'],
  ['stopAfter', 'stopAfter'],
] as const satisfies readonly (readonly [ImageField, keyof MachineText])[];

const EXAMPLES: Readonly<Partial<Record<ImageField, string>>> = {
  size: '20Mi',
  memory: '64Mi',
  cpu: '250m',
};

export function DeclareImage() {
  const t = useText(machineText);
  const [said, setSaid] = useState('');
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    const image = readImage((field) => String(data.get(field) ?? '').trim());
    if ('wrong' in image) {
      const title = FIELDS.find(([field]) => field === image.wrong)?.[1] ?? 'imageName';
      setSaid(t.badNumber(t[title]));
      return;
    }
    void runCommand({ type: 'declare-image', image }).then((result) => {
      if (result === null) return;
      const { exitCode, stderr } = result;
      setSaid(exitCode === 0 ? t.declared(image.name) : stderr.trim());
    });
  };
  return (
    <details className="add-node">
      <summary>{t.declare}</summary>
      <p className="dim small">{t.declareHint}</p>
      <form onSubmit={submit} noValidate>
        {FIELDS.map(([field, title]) => (
          <label key={field} className="label">
            {t[title]}
            <input
              className="field mono"
              name={field}
              defaultValue={FIRST[field] ?? ''}
              placeholder={EXAMPLES[field]}
            />
          </label>
        ))}
        <label className="inline-label">
          <input type="checkbox" name="ignoreTerm" value="true" /> {t.ignoreTerm}
        </label>
        <p role="status" className="small">
          {said}
        </p>
        <button type="submit" className="btn">
          {t.declare.replace('…', '')}
        </button>
      </form>
    </details>
  );
}
