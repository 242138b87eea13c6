/** The scheduler's decision about a Pod, and where a Pod waits for one. */
import { defineText } from './text.ts';

const en = {
  table: 'Scheduling decision',
  pod: 'Pod',
  node: 'Node',
  total: 'Total',
  none: 'The scheduler has not decided about any Pod yet.',
  gone: 'The record of this decision has been dropped, or the Pod has not been scheduled yet.',
  chosen: 'chosen',
  passed: 'passed',
  notAsked: 'not asked: an earlier plugin had refused',
  at: (when: string) => `decided at ${when}`,
  attempt: (n: number) => `attempt ${n}`,
  by: (profile: string) => `by ${profile}`,
  filters: 'Filters',
  scores: 'Scores',
  weight: (n: number) => `weight ${n}`,
  cell: (raw: number, normalized: number, weight: number, points: number) =>
    `raw ${raw}, normalised ${normalized} of 100, × weight ${weight} = ${points}`,
  legend: 'A score: what the plugin counted → brought to 0…100 × its weight = points.',
  onlyDiffering: 'Only plugins that make a difference',
  looked: (n: number, all: number) => `${n} of ${all} nodes were looked at: enough had been found.`,
  tie: (n: number, total: number, node: string) =>
    `${n} nodes have ${total} points: chance drew ${node}.`,
  helpless: 'Evicting others would not help here',
  preemption: 'Preemption',
  nominated: (node: string) => `Promised to it: ${node}`,
  victims: 'Have to go for it',
  queue: {
    active: 'In the active queue: it is tried as soon as its turn comes.',
    backoff: 'In back-off: it is tried again when that is over',
    unschedulable:
      'Unschedulable: it is tried again when something changes that may help, or at the latest',
    gated: 'Gated: it is not tried before its scheduling gates are gone.',
    'in-flight': 'It is being tried now.',
  },
  queueName: {
    active: 'active',
    backoff: 'back-off',
    unschedulable: 'unschedulable',
    gated: 'gated',
    'in-flight': 'in flight',
  },
  inTime: (time: string) => `in ${time}`,
  wakes: 'What would wake it',
  anything: 'any event',
  attempts: (n: number) => (n === 1 ? 'tried once' : `tried ${n} times`),
};

export type DecisionText = typeof en;

export const decisionText = defineText<DecisionText>({
  en,
  'zh-CN': {
    table: '调度决定',
    pod: 'Pod',
    node: '节点',
    total: '总分',
    none: '调度器还没有对任何 Pod 作出决定。',
    gone: '这次决定的记录已被丢弃，或者 Pod 还没有被调度。',
    chosen: '选中',
    passed: '通过',
    notAsked: '未询问：前面的插件已经拒绝',
    at: (when: string) => `决定于 ${when}`,
    attempt: (n: number) => `第 ${n} 次尝试`,
    by: (profile: string) => `由 ${profile} 决定`,
    filters: '过滤',
    scores: '评分',
    weight: (n: number) => `权重 ${n}`,
    cell: (raw: number, normalized: number, weight: number, points: number) =>
      `原始 ${raw}，归一化 ${normalized}（满分 100），× 权重 ${weight} = ${points}`,
    legend: '一个评分：插件的原始值 → 归一化到 0…100 × 权重 = 得分。',
    onlyDiffering: '只看有差别的插件',
    looked: (n: number, all: number) => `查看了 ${all} 个节点中的 ${n} 个：已经足够。`,
    tie: (n: number, total: number, node: string) =>
      `${n} 个节点都是 ${total} 分：随机选中 ${node}。`,
    helpless: '驱逐别的 Pod 在这里也无济于事',
    preemption: '抢占',
    nominated: (node: string) => `已许诺给它：${node}`,
    victims: '要为它让位',
    queue: {
      active: '在活动队列中：轮到它就会尝试。',
      backoff: '在退避中：结束后再次尝试',
      unschedulable: '无法调度：有可能有帮助的变化发生时再次尝试，最迟',
      gated: '被调度门阻挡：调度门移除之前不会尝试。',
      'in-flight': '正在尝试。',
    },
    queueName: {
      active: '活动',
      backoff: '退避',
      unschedulable: '无法调度',
      gated: '被阻挡',
      'in-flight': '正在尝试',
    },
    inTime: (time: string) => `${time} 后`,
    wakes: '什么会唤醒它',
    anything: '任何事件',
    attempts: (n: number) => `已尝试 ${n} 次`,
  },
});
