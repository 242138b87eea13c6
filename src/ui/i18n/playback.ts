/** Playback bar, timeline, past view and the ten-step rail. */
import { defineText } from './text.ts';

export const playbackText = defineText({
  en: {
    toolbar: 'Playback',
    play: 'Play',
    pause: 'Pause',
    step: 'Step',
    stepHint: 'Run to the next of the ten steps (Shift: to the next event)',
    stepBack: 'Step back',
    stepBackHint: 'Go back to the step before (Shift: to the event before)',
    reset: 'Reset',
    resetHint: 'Start again with an empty cluster; your files stay',
    pace: 'Pace',
    story: 'Story',
    storyHint: 'Slow while messages travel, fast while nothing happens',
    realTimeHint: 'One virtual second each second',
    tenTimesHint: 'Ten virtual seconds each second',
    max: 'Max',
    maxHint: 'As fast as this computer can',
    timeline: 'Timeline',
    timelineValue: (now: string, last: string) => `${now} of ${last}`,
    revision: (n: number) => `rev ${n}`,
    settled: 'Settled',
    settledHint: 'Nothing is due but periodic work',
    backToNow: 'Back to now',
    pastTitle: 'You are looking at the past',
    pastBody: (shown: string, live: string) =>
      `${shown} is shown; the cluster has reached ${live}.`,
    markStep: (step: string, object: string) => `Step ${step}: ${object}`,
    markAct: (name: string, object: string) => `You: ${name} ${object}`,
    markWarning: (reason: string, object: string) => `Warning: ${reason} (${object})`,
  },
  'zh-CN': {
    toolbar: '播放控制',
    play: '播放',
    pause: '暂停',
    step: '下一步',
    stepHint: '运行到十步中的下一步（按住 Shift：下一个事件）',
    stepBack: '上一步',
    stepBackHint: '回到前一步（按住 Shift：前一个事件）',
    reset: '重置',
    resetHint: '从空集群重新开始；您的文件会保留',
    pace: '速度',
    story: '叙事',
    storyHint: '消息传递时放慢，无事发生时加快',
    realTimeHint: '每秒推进一个虚拟秒',
    tenTimesHint: '每秒推进十个虚拟秒',
    max: '最快',
    maxHint: '以这台计算机的最快速度运行',
    timeline: '时间线',
    timelineValue: (now: string, last: string) => `${now}，共 ${last}`,
    revision: (n: number) => `修订 ${n}`,
    settled: '已稳定',
    settledHint: '除周期性工作外没有待办事项',
    backToNow: '回到现在',
    pastTitle: '您正在查看过去',
    pastBody: (shown: string, live: string) => `显示的是 ${shown}；集群已运行到 ${live}。`,
    markStep: (step: string, object: string) => `第 ${step} 步：${object}`,
    markAct: (name: string, object: string) => `您：${name} ${object}`,
    markWarning: (reason: string, object: string) => `警告：${reason}（${object}）`,
  },
});

interface StepText {
  readonly [key: string]: string;
  readonly title: string;
  readonly hint: string;
}

export const stepsText = defineText({
  en: {
    list: 'Ten steps',
    count: (done: number, expected: number) => `${done}/${expected}`,
    skipped: 'not needed here',
    states: { todo: 'to come', current: 'under way', done: 'done' },
    steps: {
      s1: {
        title: 'Stored in etcd',
        hint: 'kubectl sends the manifest; the API server authenticates, admits, validates and stores it in etcd',
      },
      s2: {
        title: 'Watch: Deployment',
        hint: 'The Deployment controller, watching the API server, is notified',
      },
      s3: {
        title: 'ReplicaSet created',
        hint: 'It creates a ReplicaSet from the template; the API server stores it',
      },
      s4: { title: 'Watch: ReplicaSet', hint: 'The ReplicaSet controller is notified' },
      s5: {
        title: 'Pods created',
        hint: 'It reads the wanted count and creates the Pods; they are stored in etcd',
      },
      s6: { title: 'Watch: Pod', hint: 'The scheduler, watching Pods without a node, is notified' },
      s7: {
        title: 'Scored, bound',
        hint: 'It filters and scores the nodes and binds the Pod to the best',
      },
      s8: {
        title: 'Kubelet gets spec',
        hint: 'The kubelet of that node is notified and takes the Pod spec',
      },
      s9: {
        title: 'Runtime prepares',
        hint: 'The runtime makes the sandbox, then runs each init container in order',
      },
      s10: {
        title: 'Pulled, running',
        hint: 'The image is pulled if it is not there, the container runs, the status is stored',
      },
    } satisfies Readonly<Record<string, StepText>>,
  },
  'zh-CN': {
    list: '十个步骤',
    count: (done: number, expected: number) => `${done}/${expected}`,
    skipped: '此处不需要',
    states: { todo: '未开始', current: '进行中', done: '已完成' },
    steps: {
      s1: { title: '存入 etcd', hint: 'kubectl 发送清单；API server 认证、准入、校验后存入 etcd' },
      s2: { title: '监视到 Deployment', hint: '监视 API server 的 Deployment 控制器收到通知' },
      s3: { title: '创建 ReplicaSet', hint: '它按模板创建 ReplicaSet；由 API server 存储' },
      s4: { title: '监视到 ReplicaSet', hint: 'ReplicaSet 控制器收到通知' },
      s5: { title: '创建 Pod', hint: '它读取期望副本数并创建 Pod；存入 etcd' },
      s6: { title: '监视到 Pod', hint: '监视无节点 Pod 的调度器收到通知' },
      s7: { title: '打分并绑定', hint: '它过滤节点、打分，并把 Pod 绑定到最佳节点' },
      s8: { title: 'kubelet 收到规格', hint: '该节点的 kubelet 收到通知并取得 Pod 规格' },
      s9: { title: '运行时准备', hint: '运行时创建沙箱，然后按顺序运行每个 init 容器' },
      s10: { title: '拉取并运行', hint: '节点没有镜像时先拉取，容器运行，状态被存储' },
    },
  },
});
