/** A list of rows of one height of which only those in view are in the document. */
import { type ReactNode, useEffect, useLayoutEffect, useRef, useState } from 'react';

/** Rows drawn above and below those in view. */
const OVERSCAN_ROWS = 6;

interface VirtualListProps<Row> {
  readonly label: string;
  readonly rows: readonly Row[];
  readonly rowHeightPx: number;
  readonly keyOf: (row: Row) => string | number;
  /** Stay at the end while the reader is there and rows are added. */
  readonly follow?: boolean;
  readonly children: (row: Row) => ReactNode;
  readonly role?: 'list' | 'log';
}

export function VirtualList<Row>(props: VirtualListProps<Row>) {
  const { label, rows, rowHeightPx, keyOf, follow = false, children, role = 'list' } = props;
  const box = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const [view, setView] = useState({ top: 0, height: 400 });

  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => {
      setView({ top: element.scrollTop, height: element.clientHeight });
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  useLayoutEffect(() => {
    const element = box.current;
    // The number of rows is what asks for the jump.
    if (element !== null && follow && atEnd.current && rows.length > 0) {
      element.scrollTop = element.scrollHeight;
    }
  }, [rows.length, follow]);

  const scrolled = (): void => {
    const element = box.current;
    if (element === null) return;
    const left = element.scrollHeight - element.scrollTop - element.clientHeight;
    atEnd.current = left < rowHeightPx * 1.5;
    setView({ top: element.scrollTop, height: element.clientHeight });
  };

  const { first, last } = visibleRange(view.top, view.height, rowHeightPx, rows.length);
  const shown = rows.slice(first, last);
  return (
    <div
      className="virtual"
      ref={box}
      onScroll={scrolled}
      tabIndex={0}
      role={role}
      aria-label={label}
    >
      <div role="presentation" style={{ height: rows.length * rowHeightPx }}>
        {shown.map((row, i) => (
          <div
            key={keyOf(row)}
            role={role === 'list' ? 'listitem' : undefined}
            aria-setsize={role === 'list' ? rows.length : undefined}
            aria-posinset={role === 'list' ? first + i + 1 : undefined}
            className="virtual-row"
            style={{ top: (first + i) * rowHeightPx, height: rowHeightPx }}
          >
            {children(row)}
          </div>
        ))}
      </div>
    </div>
  );
}

/** Rows [first, last) to draw. */
export function visibleRange(
  top: number,
  height: number,
  rowHeight: number,
  count: number,
): { first: number; last: number } {
  const first = Math.max(0, Math.floor(top / rowHeight) - OVERSCAN_ROWS);
  const last = Math.min(count, Math.ceil((top + height) / rowHeight) + OVERSCAN_ROWS);
  return { first: Math.min(first, last), last };
}
