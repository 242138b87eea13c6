/** Zoom by button, for those without a wheel. */
import { useReactFlow } from '@xyflow/react';
import { useText } from '../i18n/text.ts';
import { Button } from '../kit/button.tsx';
import { canvasText } from './text.ts';

export function ZoomControls({ onFit }: { readonly onFit: () => void }) {
  const t = useText(canvasText);
  const flow = useReactFlow();
  return (
    <div className="kg-zoom">
      <Button look="ghost" icon label={t.zoomOut} onClick={() => void flow.zoomOut()}>
        <span aria-hidden="true">−</span>
      </Button>
      <Button look="ghost" icon label={t.fit} onClick={onFit}>
        <svg width="14" height="14" viewBox="0 0 16 16" aria-hidden="true">
          <path
            d="M2 6V2h4M10 2h4v4M14 10v4h-4M6 14H2v-4"
            fill="none"
            stroke="currentColor"
            strokeWidth="1.800"
          />
        </svg>
      </Button>
      <Button look="ghost" icon label={t.zoomIn} onClick={() => void flow.zoomIn()}>
        <span aria-hidden="true">+</span>
      </Button>
    </div>
  );
}
