/** Texts of the editor; they stand with all others, Chinese in i18n/zh-cn.ts. */
export { editorText } from '../i18n/editor.ts';
