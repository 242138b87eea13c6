/** The way into a Pod, and what it waits for at the moment. */
import { podText } from '../i18n/pod.ts';
import { useText } from '../i18n/text.ts';
import { Button } from '../kit/button.tsx';
import { componentOfPod } from '../mirror/refs.ts';
import { useMirror } from '../mirror/store.ts';
import { Waits } from '../pod/now.tsx';
import { openPod, selectComponent, useSession } from '../session/session.ts';

export function Inside({ target }: { readonly target: string }) {
  const t = useText(podText);
  const isOpen = useSession((s) => s.openPod === target);
  const inside = useMirror((s) => (s.pod?.ref === target ? s.pod : null));
  // Open, it says all that itself.
  if (isOpen) return null;
  const component = componentOfPod(target);
  return (
    <div className="inside">
      <Button look="primary" title={t.openHint} onClick={() => openPod(target)}>
        {t.open}
      </Button>
      {component === null ? null : (
        <Button look="link" onClick={() => selectComponent(component)}>
          {t.component(component)}
        </Button>
      )}
      {inside === null ? null : <Waits inside={inside} />}
    </div>
  );
}
