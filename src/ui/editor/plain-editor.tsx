/** A plain text field with the text of the file: what there is until Monaco is there, or instead of it. */
import { useEffect, useRef } from 'react';
import { useText } from '../i18n/text.ts';
import { clearReveal, type ManifestFile, useFiles } from '../session/files.ts';
import { offsetOf } from './problems.ts';
import { takeText } from './take-text.ts';
import { editorText } from './text.ts';

export function PlainEditor({ file }: { readonly file: ManifestFile }) {
  const t = useText(editorText);
  const element = useRef<HTMLTextAreaElement>(null);
  const reveal = useFiles((s) => s.reveal);
  const focusRequest = useFiles((s) => s.focusRequest);
  const firstRequest = useRef(focusRequest);
  useEffect(() => {
    if (focusRequest !== firstRequest.current) element.current?.focus();
  }, [focusRequest]);
  useEffect(() => {
    const area = element.current;
    if (reveal === null || reveal.file !== file.name || area === null) return;
    const offset = offsetOf(area.value, reveal.line, reveal.column);
    area.focus();
    area.setSelectionRange(offset, offset);
    clearReveal();
  }, [reveal, file.name]);
  return (
    <textarea
      ref={element}
      className="ed-plain"
      aria-label={t.textOf(file.name)}
      value={file.text}
      spellCheck={false}
      autoCapitalize="off"
      autoComplete="off"
      wrap="off"
      onChange={(event) => takeText(file.name, event.target.value)}
    />
  );
}
