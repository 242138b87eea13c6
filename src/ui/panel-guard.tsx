/** Keeps a pane that fails from taking the page with it. */
import { Component, type ReactNode } from 'react';
import { inLanguage } from './i18n/text.ts';
import { shellText } from './i18n/shell.ts';
import { session } from './session/session.ts';

interface PanelGuardProps {
  readonly name: string;
  readonly children: ReactNode;
}

interface PanelGuardState {
  readonly error: Error | null;
}

export class PanelGuard extends Component<PanelGuardProps, PanelGuardState> {
  override state: PanelGuardState = { error: null };

  static getDerivedStateFromError(error: unknown): PanelGuardState {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error === null) return this.props.children;
    const words = inLanguage(shellText, session.getState().language);
    return (
      <div role="alert" className="pad">
        <p>{words.panelFailed(this.props.name, error.message)}</p>
        <button type="button" className="btn" onClick={() => this.setState({ error: null })}>
          {words.tryAgain}
        </button>
      </div>
    );
  }
}
