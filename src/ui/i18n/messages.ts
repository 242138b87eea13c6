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
  'zh-CN': {
    commandFailed: (what: string, why: string) => `${what} 被拒绝：${why}`,
    applied: (file: string) => `已应用 ${file}。`,
    applyProblems: (file: string, count: number) =>
      `${file}：有 ${count} 个问题，请看编辑器下方的列表。`,
    nothingToApply: '没有打开可应用的文件。请先打开一个示例或文件。',
    backToNow: '已回到现在：修改作用于集群的当前状态，而不是过去。',
    notLoadedYet: (ref: string) => `${ref} 还没有读取完毕，请稍后再试。`,
    runSaved: (file: string) => `运行已保存为 ${file}。用“打开运行”可以原样重放。`,
    runOpened: (file: string) => `已打开 ${file}，并重放到保存时的位置。`,
    notARun: (file: string) => `${file} 不是 Kubeglass 保存的运行。请选择用“保存运行”生成的文件。`,
    hashDiffers: '运行已重放，但结果与保存时不同。它很可能是由另一个版本的 Kubeglass 保存的。',
    exported: (file: string) => `已将全部对象导出为 ${file}。`,
    linkCopied: '已复制链接，其中包含当前清单。打开链接的人会看到同样的文本。',
    linkShown: (url: string) => `无法使用剪贴板。请手动复制此链接：${url}`,
    linkTooLong: (kib: number, limit: number) =>
      `此清单生成的链接有 ${kib} KiB；超过 ${limit} KiB 的链接在聊天和邮件中容易被截断。请改为分享文件。`,
    linkDamaged:
      '链接中的清单无法读取，很可能被截断了。请让对方重新发送。现在打开的是你自己的文件。',
    linkVersion: (version: string) =>
      `此链接由另一个版本的 Kubeglass（${version}）生成，这里无法读取。`,
    linkOpened: (file: string) => `已从链接打开 ${file}，尚未应用。`,
    storageRefused:
      '浏览器不允许本页保存数据（隐私窗口或存储被禁止）。刷新后文本会丢失：请使用“保存运行”和“导出 YAML”。',
    storageFull: '浏览器为本页提供的存储已满。最新的文本在刷新后不会保留：请关闭编辑器中的大文件。',
    fileTooBig: (file: string, mib: number) =>
      `${file} 超过 ${mib} MiB，没有打开。请拆成较小的文件。`,
    fileUnreadable: (file: string) => `无法读取 ${file}。请确认它是文本文件。`,
    featuresMissing: (list: string) =>
      `此浏览器缺少 ${list}。请使用 Chrome、Edge、Firefox 或 Safari 最近两个版本之一。`,
    dismiss: '关闭',
  },
});
