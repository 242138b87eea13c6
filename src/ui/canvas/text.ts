/** Texts of the canvas; they stand with all others, Chinese in i18n/zh-cn.ts. */
export { canvasText } from '../i18n/canvas.ts';
