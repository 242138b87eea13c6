/**
 * What the tidy test keeps, as data: which room may import which, how long things may be, which words
 * do not belong where. Paths are prefixes relative to the project's root; the longest prefix that
 * fits a file names its room. The house is explained in src/README.md.
 */

export interface Room {
  readonly path: string;
  /** Prefixes the room may import besides itself. */
  readonly may: readonly string[];
  /** Prefixes of which it may import types only. */
  readonly mayTypes?: readonly string[];
  /** Packages from node_modules (a name, or a scope with its slash) and `node:`. */
  readonly packages?: readonly string[];
  /** Ends the sentence "… imports …: ". */
  readonly because: string;
}

/** protocol.ts and its parts, protocol-pod.ts and the like. */
const PROTOCOL = 'src/port/protocol';
/** As a type only: what a component hands to the client it makes. */
const SERVER = 'src/engine/apiserver/server.ts';
const BASICS = ['src/kernel/', 'src/api/', PROTOCOL];
const VIEW = [
  'src/ui/mirror/',
  'src/ui/session/',
  'src/ui/kit/',
  'src/ui/i18n/',
  'src/ui/examples.ts',
  'src/ui/more-examples.ts',
  'src/ui/keys.ts',
];
/** What is too large for one file of a panel. */
const PARTS = [
  'src/ui/inspector/',
  'src/ui/lanes/',
  'src/ui/editor/',
  'src/ui/own/',
  'src/ui/pod/',
  'src/ui/terminal/',
  'src/ui/workings/',
];
const OUTSIDE = [
  'src/api/',
  PROTOCOL,
  'src/port/drawn.ts',
  'src/port/client.ts',
  'src/kubectl/',
  'src/scenarios/',
];
const PAGE_PACKAGES = [
  '@xterm/addon-fit',
  '@xterm/xterm',
  '@xstate/react',
  '@xyflow/react',
  'd3-selection',
  'idb',
  'monaco-editor',
  'monaco-yaml',
  'react',
  'react-dom',
  'xstate',
  'yaml',
  'zustand',
];
const ANY_PACKAGE = [''];

export const ROOMS: readonly Room[] = [
  {
    path: 'src/kernel/',
    may: [],
    because: 'the kernel knows no Kubernetes and nothing of ours; hand the value in',
  },
  {
    path: 'src/api/',
    may: [],
    packages: ['yaml', '@noble/', 're2js'],
    because:
      'api says what objects are and stands on nothing of ours; what it needs moves down to it',
  },
  {
    path: 'src/port/',
    may: ['src/api/'],
    packages: ['yaml'],
    because:
      'the port is the door between engine and page and belongs to neither; pass an interface',
  },
  {
    path: 'src/engine/etcd/',
    may: ['src/kernel/', 'src/api/meta/'],
    because: 'etcd is the lowest room of the engine: it keeps bytes and revisions',
  },
  {
    path: 'src/engine/apiserver/',
    may: [...BASICS, 'src/engine/etcd/'],
    packages: ['yaml', '@noble/'],
    because: 'the API server stands on etcd alone and knows none of its callers',
  },
  {
    path: 'src/engine/admission/',
    may: BASICS,
    because: 'what plugins share of looking at a request depends on none of them',
  },
  {
    path: 'src/engine/policy/',
    may: [...BASICS, 'src/engine/apiserver/', 'src/engine/admission/'],
    packages: ['yaml'],
    because: 'an admission plugin sees the request and what is stored, nothing else',
  },
  {
    path: 'src/engine/access/',
    may: [...BASICS, 'src/engine/apiserver/'],
    packages: ['@noble/'],
    because: 'who may do what is decided from what is stored, nothing else',
  },
  {
    path: 'src/engine/bootstrap/',
    may: BASICS,
    because: 'what a new cluster holds is data',
  },
  {
    path: 'src/engine/client/',
    may: [...BASICS, 'src/engine/apiserver/'],
    mayTypes: ['src/engine/etcd/'],
    because: 'the client talks to the API server and knows none of the components that hold it',
  },
  {
    path: 'src/engine/controllers/',
    may: [...BASICS, 'src/engine/client/'],
    packages: ['croner'],
    because: 'a controller sees and changes the world through engine/client only (invariant 5)',
  },
  {
    path: 'src/engine/cloud/',
    may: [...BASICS, 'src/engine/client/'],
    because: "a cloud's controllers see and change the cluster through engine/client only",
  },
  {
    path: 'src/engine/post-start/',
    may: [...BASICS, 'src/engine/client/'],
    because: 'what kube-apiserver does by itself goes through engine/client like any controller',
  },
  {
    path: 'src/engine/scheduler/',
    may: [...BASICS, 'src/engine/client/'],
    mayTypes: [SERVER],
    because: 'the scheduler sees and changes the world through engine/client only (invariant 5)',
  },
  {
    path: 'src/engine/node/',
    may: [...BASICS, 'src/engine/client/', 'src/engine/images/'],
    mayTypes: [SERVER],
    packages: ['xstate', 'unbash'],
    because: 'a node sees and changes the world through engine/client only (invariant 5)',
  },
  {
    path: 'src/engine/images/',
    may: ['src/kernel/', 'src/api/', 'src/engine/node/runtime/', 'src/port/protocol-image.ts'],
    packages: ['unbash', 're2js', '@noble/hashes/'],
    because: 'a program in a container sees the runtime that runs it and no more of the cluster',
  },
  {
    path: 'src/engine/storage/',
    may: [
      ...BASICS,
      'src/engine/client/',
      'src/engine/bootstrap/object.ts',
      'src/engine/node/csi/',
      'src/engine/node/runtime/',
    ],
    because: 'a storage driver sees the cluster through engine/client and owns its disks',
  },
  {
    path: 'src/engine/own-controllers/',
    may: [...BASICS, 'src/engine/client/', 'src/engine/components.ts'],
    mayTypes: [SERVER],
    because: "a reader's controller sees and changes the world through engine/client only",
  },
  {
    path: 'src/engine/faults/',
    may: [...BASICS, 'src/engine/client/', 'src/engine/node/'],
    because: 'a fault acts on nodes and through the client; cluster.ts hands it the rest',
  },
  {
    path: 'src/engine/cluster.ts',
    may: [...BASICS, 'src/engine/'],
    because: 'even the wiring stays inside the engine',
  },
  {
    path: 'src/engine/cluster-network.ts',
    may: [...BASICS, 'src/engine/apiserver/', 'src/engine/client/', 'src/engine/node/'],
    because: 'the wiring of the network knows machines and the API server, and none who use it',
  },
  {
    path: 'src/engine/cloud-side.ts',
    may: [...BASICS, 'src/engine/'],
    because: 'the wiring of a cloud knows its controllers and the machines',
  },
  {
    path: 'src/engine/masters/',
    may: [
      ...BASICS,
      'src/engine/client/',
      'src/engine/components.ts',
      'src/engine/controller-manager.ts',
    ],
    mayTypes: [SERVER, 'src/engine/scheduler/scheduler.ts'],
    because: 'who leads is decided through the API; cluster.ts hands over what is led',
  },
  {
    path: 'src/engine/control-plane.ts',
    may: [
      ...BASICS,
      'src/engine/client/',
      'src/engine/components.ts',
      'src/engine/images/control-plane',
      'src/engine/node/',
    ],
    because:
      'the control plane knows its machine and its images; cluster.ts hands it the components',
  },
  {
    path: 'src/engine/node-commands.ts',
    may: [...BASICS, 'src/engine/cluster.ts', 'src/engine/node/'],
    because: 'a command to a machine acts on that machine alone',
  },
  {
    path: 'src/engine/host/',
    may: [...BASICS, 'src/port/drawn.ts', 'src/engine/'],
    because: "the engine's end of the port reads all of the engine and knows nothing of the page",
  },
  {
    path: 'src/engine/view/',
    may: [...BASICS, 'src/engine/'],
    because: 'what the page is told is read from the engine, which knows nothing of the page',
  },
  {
    path: 'src/engine/',
    may: [
      ...BASICS,
      'src/engine/apiserver/',
      'src/engine/client/',
      'src/engine/cluster.ts',
      'src/engine/controller-manager.ts',
      'src/engine/node-commands.ts',
      'src/engine/session.ts',
      'src/engine/view/',
    ],
    because: 'cluster.ts alone wires everything; ask the cluster for the part',
  },
  {
    path: 'src/kubectl/',
    may: ['src/api/', PROTOCOL],
    packages: ['yaml'],
    because: 'kubectl is a client like any other: it yields an ApiRequest (port/protocol.ts)',
  },
  {
    path: 'src/scenarios/',
    may: ['src/api/', PROTOCOL],
    because: 'a lesson acts through commands (port/protocol.ts)',
  },
  {
    path: 'src/sandbox/',
    may: ['src/engine/own-controllers/sandbox.ts', PROTOCOL],
    packages: ['node:', 'quickjs-wasi', 'sucrase'],
    because: 'the interpreter of own controllers knows what the engine asks of it and no more',
  },
  {
    path: 'src/examples/',
    may: [],
    because: 'what the reader is shown runs by itself',
  },
  {
    path: 'src/worker/',
    may: [
      'src/sandbox/',
      'src/engine/',
      PROTOCOL,
      'src/port/',
      'src/kubectl/',
      'src/scenarios/',
      'src/api/',
    ],
    packages: ['quickjs-wasi'],
    because: 'the Worker entry only connects the engine with its end of the port',
  },
  {
    path: 'src/headless/',
    may: [
      'src/sandbox/',
      'src/engine/',
      'src/port/',
      'src/kubectl/',
      'src/scenarios/',
      'src/api/',
      'src/testing/goldens',
      'src/testing/stand-in/',
      'src/testing/fuzz/',
      'src/testing/chaos/',
    ],
    packages: ['node:', 'yaml', 'rolldown', '@peculiar/x509', 'reflect-metadata', 'ws'],
    because: 'a Node entry only connects the engine with the terminal',
  },
  {
    path: 'src/testing/',
    may: [
      'src/sandbox/',
      'src/kernel/',
      'src/api/',
      'src/port/',
      'src/engine/',
      'src/kubectl/',
      'src/scenarios/',
      'src/headless/',
    ],
    packages: ANY_PACKAGE,
    because: 'what needs the page is a browser test (e2e)',
  },
  {
    path: 'src/ui/mirror/',
    may: ['src/api/', 'src/port/', 'src/ui/i18n/'],
    packages: PAGE_PACKAGES,
    because: 'the mirror is fed by the port and knows nobody who looks at it',
  },
  {
    path: 'src/ui/session/',
    may: [
      ...OUTSIDE,
      'src/port/',
      'src/ui/mirror/',
      'src/ui/i18n/',
      'src/ui/kit/to-yaml.ts',
      'src/ui/examples.ts',
    ],
    packages: PAGE_PACKAGES,
    because: 'view state knows the mirror and the port, and nothing that draws',
  },
  {
    path: 'src/ui/kit/',
    may: ['src/ui/i18n/'],
    packages: PAGE_PACKAGES,
    because: 'the kit has no cluster words: pass text and callbacks in',
  },
  {
    path: 'src/ui/i18n/',
    may: ['src/ui/session/'],
    packages: PAGE_PACKAGES,
    because: 'both languages are plain text, chosen by the session',
  },
  {
    path: 'src/ui/canvas/',
    may: [...OUTSIDE, ...VIEW],
    packages: PAGE_PACKAGES,
    because: 'what draws reads mirror and session and is built from the kit',
  },
  {
    path: 'src/ui/inspector/',
    may: [...OUTSIDE, ...VIEW, 'src/ui/pod/', 'src/ui/workings/workings.tsx'],
    packages: PAGE_PACKAGES,
    because: 'what the inspector shows reads mirror and session and is built from the kit',
  },
  {
    path: 'src/ui/lanes/',
    may: [...OUTSIDE, ...VIEW],
    packages: PAGE_PACKAGES,
    because: 'the swimlanes read mirror and session and are built from the kit',
  },
  {
    path: 'src/ui/panels/',
    may: [...OUTSIDE, ...VIEW, ...PARTS],
    packages: PAGE_PACKAGES,
    because: 'a panel reads mirror and session and is built from the kit',
  },
  {
    path: 'src/ui/editor/',
    may: [...OUTSIDE, ...VIEW],
    packages: PAGE_PACKAGES,
    because: 'the editor reads mirror and session and is built from the kit',
  },
  {
    path: 'src/ui/own/',
    may: [...OUTSIDE, ...VIEW, 'src/ui/editor/', 'src/examples/'],
    packages: PAGE_PACKAGES,
    because: 'the place for own controllers reads session and port and is built from the kit',
  },
  {
    path: 'src/ui/pod/',
    may: [...OUTSIDE, ...VIEW, 'src/ui/lanes/', 'src/ui/inspector/status.tsx'],
    packages: PAGE_PACKAGES,
    because: 'the inside of a Pod reads mirror and session and is built from the kit',
  },
  {
    path: 'src/ui/workings/',
    may: [
      ...OUTSIDE,
      ...VIEW,
      'src/ui/inspector/facts.tsx',
      'src/ui/inspector/object-link.tsx',
      'src/ui/pod/countdown.ts',
    ],
    packages: PAGE_PACKAGES,
    because: 'how an object works is told by the engine; the view reads the mirror',
  },
  {
    path: 'src/ui/terminal/',
    may: [...OUTSIDE, ...VIEW],
    packages: PAGE_PACKAGES,
    because: 'the terminal reads mirror and session and is built from the kit',
  },
  {
    path: 'src/ui/',
    may: [...OUTSIDE, 'src/ui/'],
    packages: PAGE_PACKAGES,
    because: 'the page knows the cluster only through the port',
  },
  {
    path: 'src/main.tsx',
    may: ['src/ui/', 'src/port/'],
    packages: PAGE_PACKAGES,
    because: 'the entry of the page starts the Worker, opens the port and mounts the UI',
  },
];

/** Where the graph starts: a file that none of these reach is dead. */
export const ENTRIES = [
  /^src\/main\.tsx$/,
  /^src\/worker\/worker\.ts$/,
  // An alias in vite.config.ts leads there.
  /^src\/ui\/canvas\/no-tween\.ts$/,
  /^src\/headless\/(sim|serve|goldens|conformance|bench|fuzz|chaos)\.ts$/,
  // Shown to the reader, who runs them.
  /^src\/examples\//,
  // Called by vite.config.ts; loads the others when it writes its pages.
  /^src\/testing\/fidelity\/(plugin|files|html)\.ts$/,
  // Reached by an alias of vite.config.ts.
  /^src\/ui\/canvas\/no-tween\.ts$/,
];

/**
 * Folders of contributions: one file each, named in the folder's index.ts, and nothing outside the
 * list imports one, so that deleting the file and its line leaves everything else whole. A folder
 * beside a contribution and named like it is private to it.
 */
export const CONTRIBUTIONS = [
  'src/engine/bootstrap/',
  'src/engine/controllers/',
  'src/engine/faults/',
  'src/engine/images/',
  'src/engine/policy/',
  'src/engine/post-start/',
  'src/engine/scheduler/plugins/',
  'src/scenarios/',
  'src/ui/panels/',
];

/** What they tell of an object is the arithmetic of its controller itself, not a copy of it. */
export const READERS = ['src/engine/view/workings/'];

export const LIMITS = {
  fileLinesWished: 300,
  fileLines: 500,
  functionLines: 70,
} as const;

/** Catalogues of sentences and generated data are as long as they are. */
export const ANY_LENGTH = [/\/generated\//, /^src\/ui\/i18n\/(messages|en|zh-cn)[a-z-]*\.ts$/];

/** Zones without ambient time: `new Date()` and `Date()` are left to those that meet the world. */
export const AMBIENT_TIME_ALLOWED = [
  'src/main.tsx',
  'src/worker/',
  'src/headless/',
  'src/testing/',
  'e2e/',
];

/** Zones in which everything runs on the kernel's clock, so nothing may load or wait on the host's. */
export const SYNCHRONOUS = ['src/kernel/', 'src/engine/'];

/** Recordings keep the names and words of the cluster they come from; fixtures are bad on purpose. */
export const NOT_OURS = [
  'src/testing/goldens/api/',
  'src/testing/goldens/node/',
  'src/testing/goldens/controllers/',
  'src/testing/guards/fixtures/',
];
