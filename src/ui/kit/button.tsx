/** A button: its text is its name unless `label` gives another (icons alone). */
import type { ButtonHTMLAttributes, ReactNode } from 'react';
import { classNames } from './class-names.ts';

interface ButtonProps
  extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'type' | 'className' | 'aria-label'> {
  readonly look?: 'plain' | 'primary' | 'danger' | 'ghost' | 'link';
  /** Accessible name and tooltip; needed when the content is an icon. */
  readonly label?: string;
  /** Square, for an icon alone. */
  readonly icon?: boolean;
  readonly children: ReactNode;
}

export function Button({ look = 'plain', label, icon, title, children, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      className={classNames('btn', look !== 'plain' && look, icon && 'icon')}
      aria-label={label}
      title={title ?? label}
      {...rest}
    >
      {children}
    </button>
  );
}
