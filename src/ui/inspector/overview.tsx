/** Nothing is selected: the cluster as a whole, its components, and a form for another node. */
import { inspectorText } from '../i18n/inspector.ts';
import { useText } from '../i18n/text.ts';
import { AddNode } from './add-node.tsx';
import { Components, Controllers } from './component-list.tsx';
import { DeclareImage } from './declare-image.tsx';
import { StoredObjects } from './stored-list.tsx';

export function Overview() {
  const t = useText(inspectorText);
  return (
    <>
      <div>
        <h2 className="insp-title">{t.nothing}</h2>
        <p className="dim">{t.nothingHint}</p>
      </div>
      <StoredObjects />
      <Components />
      <AddNode />
      <DeclareImage />
      <Controllers />
    </>
  );
}
