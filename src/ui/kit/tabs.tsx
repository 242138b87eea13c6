/** Tabs as the ARIA pattern asks: arrow keys move, one tab stop, a panel named by its tab. */
import { type KeyboardEvent, type ReactNode, useId } from 'react';

export interface TabItem<Id extends string> {
  readonly id: Id;
  readonly title: string;
}

interface TabsProps<Id extends string> {
  /** Accessible name of the tab list. */
  readonly label: string;
  readonly tabs: readonly TabItem<Id>[];
  readonly active: Id;
  readonly onChange: (id: Id) => void;
  /** Beside the tabs, at the end of the row. */
  readonly aside?: ReactNode;
  /** Content of the active tab. */
  readonly children: ReactNode;
}

export function Tabs<Id extends string>(props: TabsProps<Id>) {
  const { label, tabs, active, onChange, aside, children } = props;
  const base = useId();
  const move = (event: KeyboardEvent<HTMLDivElement>): void => {
    const index = tabs.findIndex((tab) => tab.id === active);
    const target = tabs[targetIndex(event.key, index, tabs.length)];
    if (target === undefined) return;
    event.preventDefault();
    onChange(target.id);
    document.getElementById(`${base}-${target.id}`)?.focus();
  };
  return (
    <>
      <div className="tabs">
        <div role="tablist" aria-label={label} className="tablist" onKeyDown={move}>
          {tabs.map((tab) => (
            <button
              key={tab.id}
              id={`${base}-${tab.id}`}
              type="button"
              role="tab"
              className="tab"
              aria-selected={tab.id === active}
              aria-controls={tab.id === active ? `${base}-panel` : undefined}
              tabIndex={tab.id === active ? 0 : -1}
              onClick={() => onChange(tab.id)}
            >
              {tab.title}
            </button>
          ))}
        </div>
        {aside}
      </div>
      <div
        role="tabpanel"
        id={`${base}-panel`}
        aria-labelledby={`${base}-${active}`}
        className="tabpanel"
        tabIndex={0}
      >
        {children}
      </div>
    </>
  );
}

/** Index that |key| leads to from |index|; -1 when the key means nothing here. */
export function targetIndex(key: string, index: number, count: number): number {
  switch (key) {
    case 'ArrowRight':
    case 'ArrowDown':
      return (index + 1) % count;
    case 'ArrowLeft':
    case 'ArrowUp':
      return (index - 1 + count) % count;
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    default:
      return -1;
  }
}
