/** A button that opens a list of actions (role menu: arrows move, Escape and a click outside close). */
import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { classNames } from './class-names.ts';
import { Icon } from './icons.tsx';
import { targetIndex } from './tabs.tsx';

export interface MenuItem {
  readonly id: string;
  readonly title: string;
  readonly hint?: string;
  readonly run: () => void;
}

interface MenuProps {
  readonly label: string;
  readonly items: readonly MenuItem[];
  readonly side?: 'start' | 'end';
  readonly look?: 'plain' | 'ghost';
  readonly children?: ReactNode;
}

export function Menu({ label, items, side = 'start', look = 'plain', children }: MenuProps) {
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const id = useId();

  useEffect(() => {
    if (!open) return;
    root.current?.querySelector<HTMLElement>('[role=menuitem]')?.focus();
    const outside = (event: PointerEvent): void => {
      if (!root.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener('pointerdown', outside);
    return () => document.removeEventListener('pointerdown', outside);
  }, [open]);

  const close = (): void => {
    setOpen(false);
    root.current?.querySelector<HTMLElement>('button')?.focus();
  };
  const press = (event: KeyboardEvent): void => {
    if (event.key === 'Escape' || event.key === 'Tab') {
      if (event.key === 'Escape') event.stopPropagation();
      return close();
    }
    const entries = [...(root.current?.querySelectorAll<HTMLElement>('[role=menuitem]') ?? [])];
    const index = entries.indexOf(document.activeElement as HTMLElement);
    const target = entries[targetIndex(event.key, index, entries.length)];
    if (target === undefined) return;
    event.preventDefault();
    target.focus();
  };

  return (
    <div className="menu" ref={root}>
      <button
        type="button"
        className={classNames('btn', look !== 'plain' && look)}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        onClick={() => setOpen(!open)}
      >
        {children ?? label}
        <Icon name="down" size={10} />
      </button>
      {open ? (
        <div
          role="menu"
          id={id}
          aria-label={label}
          className="menu-list"
          data-side={side}
          onKeyDown={press}
        >
          {items.map((item) => (
            <Entry key={item.id} item={item} close={close} />
          ))}
        </div>
      ) : null}
    </div>
  );
}

function Entry({ item, close }: { readonly item: MenuItem; readonly close: () => void }) {
  const act = (): void => {
    close();
    item.run();
  };
  return (
    <button type="button" role="menuitem" className="menu-item" tabIndex={-1} onClick={act}>
      {item.title}
      {item.hint === undefined ? null : <small>{item.hint}</small>}
    </button>
  );
}
