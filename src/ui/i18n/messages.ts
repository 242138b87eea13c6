/** Notices: what happened, where, what to do. */
import { defineText } from './text.ts';

export const messageText = defineText({
  en: {
    commandFailed: (what: string, why: string) => `${what} was refused: ${why}`,
    applied: (file: string) => `Applied ${file}.`,
    applyProblems: (file: string, count: number) =>
      `${file}: ${count} problem${count === 1 ? '' : 's'}; see the list under the editor.`,
    nothingToApply: 'There is no file open to apply. Open an example or a file first.',
    backToNow: 'Back to now: changes are made to the cluster as it is now, not to its past.',
    notLoadedYet: (ref: string) => `${ref} has not been read yet. Try again in a moment.`,
    runSaved: (file: string) => `Saved the run as ${file}. Open run replays it exactly.`,
    runOpened: (file: string) => `Opened ${file}; it was replayed to where it was saved.`,
    notARun: (file: string) =>
      `${file} is not a saved run of Kubeglass. Choose a file made with Save run.`,
    hashDiffers:
      'The run was replayed but ended differently from when it was saved. It was probably saved by another version of Kubeglass.',
    exported: (file: string) => `Exported all objects as ${file}.`,
    linkCopied: 'Copied a link that holds the open manifest. Whoever opens it sees the same text.',
    linkShown: (url: string) => `The clipboard is not available. Copy this link: ${url}`,
    linkTooLong: (kib: number, limit: number) =>
      `The manifest makes a link of ${kib} KiB; links over ${limit} KiB do not survive chats and mail. Share the file instead.`,
    linkDamaged:
      'The link holds a manifest that cannot be read; it was probably cut off. Ask for it again. Your own files are open instead.',
    linkVersion: (version: string) =>
      `The link was made by another version of Kubeglass (${version}) and cannot be read here.`,
    linkOpened: (file: string) => `Opened ${file} from the link. Nothing has been applied yet.`,
    storageRefused:
      'The browser does not let this page keep data (private window or blocked storage). Your text will be gone after a reload: use Save run and Export YAML.',
    storageFull:
      'The browser’s storage for this page is full. The latest text is not kept across reloads: close large files in the editor.',
    fileTooBig: (file: string, mib: number) =>
      `${file} is larger than ${mib} MiB and was not opened. Split it into smaller files.`,
    fileUnreadable: (file: string) => `${file} could not be read. Check that it is a text file.`,
    featuresMissing: (list: string) =>
      `This browser lacks ${list}. Use one of the last two versions of Chrome, Edge, Firefox or Safari.`,
    dismiss: 'Dismiss',
  },
});
