/** YAML of the selected object, as kubectl prints it (without managedFields). */
import { useMemo } from 'react';
import { inspectorText } from '../i18n/inspector.ts';
import { useText } from '../i18n/text.ts';
import { Button } from '../kit/button.tsx';
import { CodeView } from '../kit/code-view.tsx';
import { toYaml } from '../kit/to-yaml.ts';
import { withoutManagedFields } from '../mirror/manifest.ts';
import { refWords } from '../mirror/refs.ts';
import { useMirror } from '../mirror/store.ts';
import { editObject } from '../session/actions.ts';
import { selectedRef, useSession } from '../session/session.ts';

export function YamlPanel() {
  const t = useText(inspectorText);
  const ref = useSession(selectedRef);
  const object = useMirror((s) => (ref === null ? undefined : s.whole.get(ref)));
  const text = useMemo(
    () => (object === undefined || object === null ? null : toYaml(withoutManagedFields(object))),
    [object],
  );
  if (ref === null) return <p className="dim pad">{t.nothingHint}</p>;
  if (object === null) return <p className="dim pad">{t.gone}</p>;
  if (text === null) return <p className="dim pad">{t.yamlWaiting}</p>;
  return (
    <>
      <div className="pane-tools">
        <Button title={t.editHint} onClick={() => editObject(ref)}>
          {t.edit}
        </Button>
      </div>
      <CodeView text={text} format="yaml" label={t.yamlOf(refWords(ref))} more={t.moreLines} />
    </>
  );
}
