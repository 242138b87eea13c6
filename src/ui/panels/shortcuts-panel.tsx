/** "Keyboard shortcuts": all keys, the switch for single ones, and the way to what is simulated. */
import { keysText, shellText } from '../i18n/shell.ts';
import { useText } from '../i18n/text.ts';
import { Button } from '../kit/button.tsx';
import { Dialog } from '../kit/dialog.tsx';
import { KEY_HELP } from '../keys.ts';
import { session, useSession } from '../session/session.ts';

export function ShortcutsPanel() {
  const t = useText(shellText);
  const keys = useText(keysText);
  const singleKeys = useSession((s) => s.singleKeys);
  return (
    <Dialog
      title={t.shortcuts}
      closeLabel={t.close}
      onClose={() => session.setState({ shortcutsOpen: false })}
    >
      <label className="inline-label switch">
        <input
          type="checkbox"
          checked={singleKeys}
          onChange={(event) => session.setState({ singleKeys: event.target.checked })}
        />{' '}
        {t.singleKeys}
      </label>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{keys.keys}</th>
            <th scope="col">{keys.does}</th>
          </tr>
        </thead>
        <tbody>
          {KEY_HELP.map((help) => (
            <tr key={help.does}>
              <td className="keys">
                {help.keys.map((key) => (
                  <kbd key={key}>{key}</kbd>
                ))}
              </td>
              <td>{keys[help.does]}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p>
        <Button onClick={openFidelity}>{t.simulated}</Button>
      </p>
    </Dialog>
  );
}

/** One dialog at a time. */
function openFidelity(): void {
  session.setState({ shortcutsOpen: false, fidelityOpen: true });
}
