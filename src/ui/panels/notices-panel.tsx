/** Notices: what happened, where, what to do. */
import { useText } from '../i18n/text.ts';
import { messageText } from '../i18n/messages.ts';
import { shellText } from '../i18n/shell.ts';
import { Button } from '../kit/button.tsx';
import { Icon } from '../kit/icons.tsx';
import { dismiss, useNotices } from '../session/notices.ts';
import { useSession } from '../session/session.ts';

export function NoticesPanel() {
  const t = useText(shellText);
  const words = useText(messageText);
  const language = useSession((s) => s.language);
  const list = useNotices();
  return (
    <section className="notices" aria-label={t.notices} aria-live="polite">
      {list.map((notice) => (
        <div
          key={notice.id}
          className="notice"
          data-severity={notice.severity}
          role={notice.severity === 'error' ? 'alert' : undefined}
        >
          <p>{notice.text(language)}</p>
          {notice.action === undefined ? null : (
            <Button onClick={notice.action.run}>{notice.action.label(language)}</Button>
          )}
          <Button look="ghost" icon label={words.dismiss} onClick={() => dismiss(notice.id)}>
            <Icon name="close" size={10} />
          </Button>
        </div>
      ))}
    </section>
  );
}
