/** The browser lacks something the page cannot do without: says what, and what to use instead. */
import { messageText } from './i18n/messages.ts';
import { shellText } from './i18n/shell.ts';
import { useText } from './i18n/text.ts';

export function MissingFeatures({ list }: { readonly list: readonly string[] }) {
  const t = useText(shellText);
  const words = useText(messageText);
  return (
    <main className="engine-note trouble">
      <h1>{t.missingTitle}</h1>
      <p>{words.featuresMissing(list.join(', '))}</p>
    </main>
  );
}
