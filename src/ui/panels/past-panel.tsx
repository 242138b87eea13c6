/** Says that a past moment is shown, and how to come back. */
import { useText } from '../i18n/text.ts';
import { playbackText } from '../i18n/playback.ts';
import { Icon } from '../kit/icons.tsx';
import { momentText } from '../kit/format.ts';
import { useMirror } from '../mirror/store.ts';

export function PastPanel() {
  const t = useText(playbackText);
  const past = useMirror((s) => s.past);
  const shown = useMirror((s) => momentText(s.at));
  const live = useMirror((s) => momentText(s.liveAt));
  return (
    <div role="status" className="past-note">
      {past ? (
        <p>
          <Icon name="backOff" /> <b>{t.pastTitle}.</b> {t.pastBody(shown, live)}
        </p>
      ) : null}
    </div>
  );
}
