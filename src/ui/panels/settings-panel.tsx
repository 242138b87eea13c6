/** Theme, language, sharing, presenting, help. */
import { useText } from '../i18n/text.ts';
import { shellText } from '../i18n/shell.ts';
import { Button } from '../kit/button.tsx';
import { Icon } from '../kit/icons.tsx';
import { session, useSession } from '../session/session.ts';
import { shareManifest } from '../session/file-acts.ts';
import { effectiveTheme, toggleLanguage, toggleTheme } from '../session/appearance.ts';

export function SettingsPanel() {
  const t = useText(shellText);
  const theme = useSession((s) => s.theme);
  const language = useSession((s) => s.language);
  const presenting = useSession((s) => s.presenting);
  return (
    <div role="group" aria-label={t.settings} className="header-group header-end">
      <Button
        look="ghost"
        icon
        label={t.find}
        title={`${t.find} (/)`}
        onClick={() => session.setState({ findOpen: true })}
      >
        <Icon name="search" />
      </Button>
      <Button
        look="ghost"
        icon
        label={t.theme}
        title={`${t.theme}: ${t.themeIs[theme]}`}
        onClick={toggleTheme}
      >
        <Icon name={effectiveTheme(theme) === 'dark' ? 'moon' : 'sun'} />
      </Button>
      <Button look="ghost" label={t.language} onClick={toggleLanguage}>
        <span lang={language === 'en' ? 'zh-CN' : 'en'}>{language === 'en' ? '中文' : 'EN'}</span>
      </Button>
      <Button look="ghost" icon label={t.shortcuts} onClick={openShortcuts}>
        <Icon name="help" />
      </Button>
      <Button title={t.shareHint} onClick={shareManifest}>
        {t.share}
      </Button>
      <Button
        title={t.presentHint}
        aria-pressed={presenting}
        onClick={() => session.setState({ presenting: !presenting })}
      >
        {t.present}
      </Button>
    </div>
  );
}

function openShortcuts(): void {
  session.setState({ shortcutsOpen: true });
}
