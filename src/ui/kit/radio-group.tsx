/** A row of choices of which one holds (role radiogroup, arrow keys). */
import type { KeyboardEvent } from 'react';
import { targetIndex } from './tabs.tsx';

interface RadioGroupProps<Id extends string> {
  readonly label: string;
  readonly items: readonly { readonly id: Id; readonly title: string; readonly hint?: string }[];
  readonly value: Id;
  readonly onChange: (id: Id) => void;
}

export function RadioGroup<Id extends string>(props: RadioGroupProps<Id>) {
  const { label, items, value, onChange } = props;
  const move = (event: KeyboardEvent<HTMLDivElement>): void => {
    const index = items.findIndex((item) => item.id === value);
    const to = targetIndex(event.key, index, items.length);
    const target = items[to];
    if (target === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    onChange(target.id);
    const radios = event.currentTarget.querySelectorAll<HTMLButtonElement>('[role=radio]');
    radios[to]?.focus();
  };
  return (
    <div role="radiogroup" aria-label={label} className="seg" onKeyDown={move}>
      {items.map((item) => (
        <button
          key={item.id}
          type="button"
          role="radio"
          className="seg-item"
          aria-checked={item.id === value}
          tabIndex={item.id === value ? 0 : -1}
          title={item.hint}
          onClick={() => onChange(item.id)}
        >
          {item.title}
        </button>
      ))}
    </div>
  );
}
