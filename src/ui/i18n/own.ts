/** Texts of the place where readers write controllers, in both languages. */
import { defineText } from './text.ts';

export const ownText = defineText({
  en: {
    title: 'Own controllers',
    intro:
      'Write a controller of your own: it runs inside the cluster, sees it only through the API, and has the rights of its service account.',
    close: 'Close',
    programs: 'Programs',
    example: 'Example',
    deleteProgram: 'Delete this program',
    exampleNames: {
      'pod-group': 'PodGroup: start Pods when all can run',
      website: 'Website: a Deployment and a Service',
      empty: 'Empty: reacts to ConfigMaps',
    },
    exampleHints: {
      'pod-group': 'A scheduling gate holds them until there is room for each',
      website: 'Owns what it makes, mends it, and keeps a status',
      empty: 'The smallest controller there is',
    },
    manifests: 'Manifests of the example',
    apply: (file: string) => `Apply ${file}`,
    applyHint: 'As it stands in the manifest editor',
    name: 'Name',
    account: 'Service account',
    language: 'Language',
    source: 'Source of the controller',
    start: 'Start',
    replace: 'Replace',
    stop: 'Stop',
    startAgain: 'Start again',
    remove: 'Remove',
    startHint: 'Run this program in the cluster (Ctrl+Enter)',
    sameAsRunning: 'It runs as it stands here.',
    changed: 'What runs is an earlier text.',
    states: {
      none: 'not started',
      starting: 'starting',
      running: 'running',
      stopped: 'stopped',
      crashed: 'crashed',
    },
    counts: (done: number, failed: number, restarts: number) =>
      `${done} reconciled, ${failed} failed, ${restarts} restarts`,
    problems: 'Problems of the program',
    line: (line: number) => `line ${line}`,
    log: 'Controller log',
    logEmpty: 'What the controller says, and what goes wrong in it, stands here.',
    clear: 'Clear',
    help: 'Help',
    helpText: {
      shape:
        'export default defineController({ for, owns, watches, async reconcile(request, context) { … } }). “for” names the kind whose objects are reconciled: kubeglass.dev/v1/PodGroup.',
      reconcile:
        'reconcile is called with { namespace, name } whenever such an object changes, or something it owns, or something that “watches” maps to it. It looks at what there is and makes it what is wanted; it may be called at any time.',
      client:
        'context.client: get, list, create, update, updateStatus, patch, apply, delete. Each takes simulated time: await it. get answers null when there is nothing; other refusals are thrown as ApiError with the server’s words (code, reason).',
      tools:
        'context.log, context.event (an Event about an object), context.note (what is shown under “Why is this happening?”).',
      again:
        'Return { requeueAfter: seconds } to be called again. What is thrown is logged with its line and tried again after a back-off.',
      limits:
        'There is no clock, no network and no chance but the cluster’s: Date and Math.random are part of the run. A program that runs too long without waiting, or needs more than 32 MiB, is ended and started again after a while.',
      rights:
        'It runs with the rights of its service account. Without a ClusterRole that lets it list and watch its kinds it waits, and the log says what it may not do.',
    },
    editorFailed: (why: string) =>
      `The full editor could not be loaded (${why}). Typing and Start work.`,
  },
  'zh-CN': {
    title: '自己的控制器',
    intro:
      '编写你自己的控制器：它在集群内部运行，只能通过 API 看到集群，权限取决于它的 ServiceAccount。',
    close: '关闭',
    programs: '程序',
    example: '示例',
    deleteProgram: '删除此程序',
    exampleNames: {
      'pod-group': 'PodGroup：所有 Pod 都能运行时才一起启动',
      website: 'Website：一个 Deployment 和一个 Service',
      empty: '空白：响应 ConfigMap',
    },
    exampleHints: {
      'pod-group': '调度门控会挡住它们，直到每个 Pod 都有位置',
      website: '拥有自己创建的对象，负责修复，并维护 status',
      empty: '最小的控制器',
    },
    manifests: '示例的清单',
    apply: (file: string) => `应用 ${file}`,
    applyHint: '按清单编辑器中的内容',
    name: '名称',
    account: 'ServiceAccount',
    language: '语言',
    source: '控制器源码',
    start: '启动',
    replace: '替换',
    stop: '停止',
    startAgain: '再次启动',
    remove: '移除',
    startHint: '在集群中运行此程序（Ctrl+Enter）',
    sameAsRunning: '正在运行的就是这里的内容。',
    changed: '正在运行的是较早的内容。',
    states: {
      none: '未启动',
      starting: '正在启动',
      running: '运行中',
      stopped: '已停止',
      crashed: '已崩溃',
    },
    counts: (done: number, failed: number, restarts: number) =>
      `调谐 ${done} 次，失败 ${failed} 次，重启 ${restarts} 次`,
    problems: '程序中的问题',
    line: (line: number) => `第 ${line} 行`,
    log: '控制器日志',
    logEmpty: '控制器输出的内容和出现的错误会显示在这里。',
    clear: '清空',
    help: '帮助',
    helpText: {
      shape:
        'export default defineController({ for, owns, watches, async reconcile(request, context) { … } })。“for” 指明要调谐哪种对象：kubeglass.dev/v1/PodGroup。',
      reconcile:
        '每当这种对象、它拥有的对象、或 “watches” 映射到它的对象发生变化时，都会以 { namespace, name } 调用 reconcile。它查看现状并使之符合期望；任何时候都可能被调用。',
      client:
        'context.client：get、list、create、update、updateStatus、patch、apply、delete。每次调用都要花费模拟时间，请用 await 等待。对象不存在时 get 返回 null；其他拒绝会以 ApiError 抛出，内容是服务器的原话（code、reason）。',
      tools:
        'context.log、context.event（为某个对象记录 Event）、context.note（显示在“为什么会这样？”中）。',
      again:
        '返回 { requeueAfter: 秒 } 可稍后再次被调用。抛出的错误会连同行号记入日志，并在退避后重试。',
      limits:
        '时钟、网络和随机数都只属于集群：Date 和 Math.random 是本次运行的一部分。长时间不等待或占用超过 32 MiB 的程序会被终止，过一段时间再启动。',
      rights:
        '它以自己的 ServiceAccount 的权限运行。如果没有允许它 list 和 watch 相关类型的 ClusterRole，它会一直等待，日志会说明缺少什么权限。',
    },
    editorFailed: (why: string) => `完整编辑器无法加载（${why}）。仍可输入并启动。`,
  },
});
