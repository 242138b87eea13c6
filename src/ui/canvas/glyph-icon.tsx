/** A state as a small drawing; the shape says it, the colour underlines it. */
import type { Glyph } from './glyph.ts';

interface GlyphIconProps {
  readonly glyph: Glyph;
  /** Of an image being pulled, 0 to 100: the disc fills. */
  readonly percent?: number | null;
  readonly size?: number;
}

export function GlyphIcon({ glyph, percent = null, size = 14 }: GlyphIconProps) {
  return (
    <svg
      className="kg-glyph"
      data-glyph={glyph}
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="2"
      aria-hidden="true"
      focusable="false"
    >
      {shape(glyph, percent)}
    </svg>
  );
}

function shape(glyph: Glyph, percent: number | null) {
  switch (glyph) {
    case 'waiting':
      return <circle cx="8" cy="8" r="6" />;
    case 'starting':
      return (
        <>
          <circle cx="8" cy="8" r="6" />
          <path d={pie(percent ?? 50)} fill="currentColor" stroke="none" />
        </>
      );
    case 'running':
      return <circle cx="8" cy="8" r="7" fill="currentColor" stroke="none" />;
    case 'unready':
      return (
        <>
          <circle cx="8" cy="8" r="6" />
          <circle cx="8" cy="8" r="3" fill="currentColor" stroke="none" />
        </>
      );
    case 'completed':
      return <path d="m2.500 8.500 3.700 3.700 7.300-8" strokeWidth="2.400" />;
    case 'failed':
      return <path d="m3 3 10 10M13 3 3 13" strokeWidth="2.400" />;
    case 'backoff':
      return (
        <>
          <circle cx="8" cy="8" r="6.200" strokeWidth="1.700" />
          <path d="M8 4.500V8l2.600 1.700" strokeWidth="1.700" />
        </>
      );
    case 'unknown':
      return <circle cx="8" cy="8" r="6" strokeDasharray="2.600 2.100" />;
  }
}

/** The part of the disc that |percent| fills, from the left edge of the clock's twelve. */
export function pie(percent: number): string {
  const share = Math.min(Math.max(percent, 0), 99.9) / 100;
  const angle = share * 2 * Math.PI;
  const x = (8 + 6 * Math.sin(angle)).toFixed(2);
  const y = (8 - 6 * Math.cos(angle)).toFixed(2);
  return `M8 8V2A6 6 0 ${share > 0.5 ? 1 : 0} 1 ${x} ${y}Z`;
}
