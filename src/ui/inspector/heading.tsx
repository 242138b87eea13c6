/** Name of what is inspected, and the way out. */
import { inspectorText } from '../i18n/inspector.ts';
import { useText } from '../i18n/text.ts';
import { Button } from '../kit/button.tsx';
import { Icon } from '../kit/icons.tsx';
import { clearSelection } from '../session/session.ts';

export function Heading({ title, below }: { readonly title: string; readonly below: string }) {
  const t = useText(inspectorText);
  return (
    <div className="insp-head">
      <div>
        <h2 className="insp-title mono">{title}</h2>
        {below === '' ? null : <p className="dim mono small">{below}</p>}
      </div>
      <Button look="ghost" icon label={t.clear} onClick={clearSelection}>
        <Icon name="close" size={12} />
      </Button>
    </div>
  );
}
