/** "What is simulated": the frame. Kinds, fields and notes stay in English. */
import { defineText } from './text.ts';

export const fidelityText = defineText({
  en: {
    intro: (version: string) =>
      `Compared with ${version}. This list is made from the code when the site is built.`,
    states: {
      faithful: 'faithful',
      simplified: 'simplified',
      absent: 'absent',
    },
    meaning: {
      faithful: 'as upstream, as far as is known',
      simplified: 'there, with the difference that is named',
      absent: 'refused, or not listed',
    },
    filter: 'Filter',
    filterHint: 'A kind, a verb, a controller, a word',
    found: (n: number) => (n === 1 ? '1 entry' : `${n} entries`),
    kinds: 'Kinds',
    kind: 'Kind',
    rules: 'Rules',
    verbs: 'Verbs and subresources',
    part: 'Part',
    state: 'State',
    differences: 'Differences',
    unsupported: (field: string) => `${field}: stored, without effect`,
    loading: 'Loading…',
    failed: (message: string) => `The list could not be loaded: ${message}`,
    page: 'The same as a page of its own',
  },
  'zh-CN': {
    intro: (version) => `与 ${version} 比较。本列表在构建网站时由代码生成。`,
    states: { faithful: '忠实', simplified: '简化', absent: '没有' },
    meaning: {
      faithful: '就目前所知与上游一致',
      simplified: '有，但存在所注明的差别',
      absent: '被拒绝，或未列出',
    },
    filter: '筛选',
    filterHint: '类型、动词、控制器或任意词',
    found: (n) => `${n} 项`,
    kinds: '类型',
    kind: '类型',
    rules: '规则',
    verbs: '动词和子资源',
    part: '部分',
    state: '状态',
    differences: '差别',
    unsupported: (field) => `${field}：会保存，但不起作用`,
    loading: '正在加载…',
    failed: (message) => `无法加载列表：${message}`,
    page: '同样的内容，单独一页',
  },
});
